"""Tests: see tests/support/images and tests/support/servers for the real servers that they run against."""
