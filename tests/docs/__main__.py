"""Writes the generated tables anew: `python -m tests.docs`."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.docs import tables  # noqa: E402 - it reads the app, which needs Django

for page in tables.pages():
    text = page.read_text()
    if (new := tables.rewritten(text)) != text:
        page.write_text(new)
        print(f"Wrote {page.relative_to(tables.ROOT)}.")
