"""Comparison of a backup with what was restored from it. Pure: it starts nothing and reads no database."""
