"""Environment variables: the table of them, and their parsers."""
