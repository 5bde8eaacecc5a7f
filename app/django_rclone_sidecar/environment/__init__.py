"""Environment variables: their table, their parsers and their values."""
