"""Programs of their own process."""
