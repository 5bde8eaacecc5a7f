"""The state of every backup, and the metrics made from it."""
