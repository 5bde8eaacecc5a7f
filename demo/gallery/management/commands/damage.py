"""``manage.py damage``: what the worst day of the year looks like."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Deletes rows, drops a table, deletes and overwrites files, and leaves things that no backup knows."

    def handle(self, **_options):
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE gallery_comment")
            cursor.execute("DELETE FROM gallery_photo WHERE id % 2 = 0")
            rows = cursor.rowcount
            cursor.execute("CREATE TABLE stray (id integer)")
        self.stdout.write(f"Dropped a table, deleted {rows} rows of another, made one that was not there.")
        folder = Path(settings.MEDIA_ROOT, "photos")
        files = sorted(folder.iterdir())
        deleted, changed = files[::3], files[1::3]
        for file in deleted:
            file.unlink()
        for file in changed:
            file.write_bytes(b"overwritten")
        (folder / "stray.jpg").touch()
        self.stdout.write(f"Deleted {len(deleted)} files, overwrote {len(changed)}, made one that was not there.")
