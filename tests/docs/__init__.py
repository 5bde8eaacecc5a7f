"""Tests of README.md and docs/ against the code. `python -m tests.docs` writes the generated tables anew."""
