"""`python -m bench.setup`: what every command of Django costs before it does anything."""

import django

django.setup()
