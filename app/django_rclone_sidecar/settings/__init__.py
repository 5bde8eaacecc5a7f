"""Django settings modules."""
