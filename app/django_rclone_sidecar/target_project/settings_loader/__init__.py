"""Loads the target's settings in a child process, without the target's packages."""
