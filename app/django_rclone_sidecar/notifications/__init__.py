"""Notifications of runs: messages, heartbeats and pushed metrics."""
