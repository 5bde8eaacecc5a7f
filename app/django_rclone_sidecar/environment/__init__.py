"""The environment variables: which there are, how their values are read."""
