"""Helper programs, each a process that the recipe starts."""
