"""An application of a project on MongoDB."""
