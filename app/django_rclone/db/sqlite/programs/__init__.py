"""Helper programs, each a process that the recipe starts, and what they share."""
