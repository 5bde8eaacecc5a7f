"""Static analysis of the target's modules: the names of each statement, backward slices, and taint analysis."""
