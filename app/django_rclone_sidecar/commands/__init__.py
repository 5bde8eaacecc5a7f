"""One command a file: ``main`` takes its arguments and returns the exit code."""
