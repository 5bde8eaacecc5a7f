"""Connectors: one package for each database engine, and what they share."""
