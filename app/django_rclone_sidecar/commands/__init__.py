"""Commands, one per module: ``main`` takes the arguments and the environment, and returns the exit code."""
