"""``manage.py fingerprint``: one hash over the whole database, one over all media files."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection


class Command(BaseCommand):
    help = "Prints a hash of every table's definition and rows, and one of every file's name and content."

    def handle(self, **_options):
        database, rows = hashlib.sha256(), 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master ORDER BY name")
            definitions = cursor.fetchall()
            tables = connection.introspection.table_names(cursor)
            database.update(repr(definitions).encode())
            for table in tables:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")  # noqa: S608
                for row in cursor:
                    database.update(repr(row).encode())
                    rows += 1
        self.stdout.write(f"database  {database.hexdigest()}  {len(tables)} tables, {rows} rows")

        media, root = hashlib.sha256(), Path(settings.MEDIA_ROOT)
        files = sorted(path for path in root.rglob("*") if path.is_file())
        for file in files:
            content = file.read_bytes()
            media.update(f"{file.relative_to(root)} {len(content)} ".encode() + content)
        self.stdout.write(f"media     {media.hexdigest()}  {len(files)} files")
