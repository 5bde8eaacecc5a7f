"""Services that are told of runs."""
