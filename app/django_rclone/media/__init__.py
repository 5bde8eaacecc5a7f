"""Media files: a mirror of MEDIA_ROOT on the remote, and back."""
