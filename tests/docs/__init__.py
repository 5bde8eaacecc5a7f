"""What README.md and docs/ say, held to what the code does. `python -m tests.docs` writes the generated tables anew."""
