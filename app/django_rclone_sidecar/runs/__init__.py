"""What one run does, and who observes it."""
