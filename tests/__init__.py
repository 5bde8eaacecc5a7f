"""Tests: see tests/images and tests/servers for the real servers that they run against."""
