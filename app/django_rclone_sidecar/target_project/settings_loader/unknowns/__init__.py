"""Sources of taint: missing packages, unknown environment variables, and facts that differ between machines."""
