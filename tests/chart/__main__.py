"""Writes anew what is made from the chart: `python -m tests.chart`."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from tests.chart import generated  # noqa: E402 - the tables of the docs read the app, which needs Django

for file, made in generated.FILES.items():
    if (text := made()) != (file.read_text() if file.exists() else None):
        file.write_text(text)
        print(f"Wrote {file.relative_to(generated.ROOT)}.")
