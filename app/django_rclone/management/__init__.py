"""Command line of the app: ``manage.py dbbackup`` and the other commands."""
