"""Connectors as people wrote them for django-rclone 0.4: their methods start programs."""

# mypy: ignore-errors

import subprocess

from django_rclone.db.base import BaseConnector
from django_rclone.db.postgresql.connector import PgDumpConnector


class RedisConnector(BaseConnector):
    """A whole one."""

    @property
    def extension(self):
        return "rdb"

    def dump(self):
        return subprocess.Popen(["redis-cli", "--rdb", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def restore(self, stdin):
        return subprocess.Popen(["redis-restore"], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class NoOwner(PgDumpConnector):
    """A changed one."""

    def dump(self):
        command = ["pg_dump", "--no-owner", *self._common_args(), self.name]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self._env())


class ThroughATunnel(PgDumpConnector):
    """One that changes what the others are made of."""

    def _common_args(self):
        return ["-h", "127.0.0.1", "-p", "6543"]
