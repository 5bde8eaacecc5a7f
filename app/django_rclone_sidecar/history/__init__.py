"""The history of runs, in a small SQLite file."""
