"""Models of the history: runs, and the last listing of the remote.

The history can be lost: the manifests on the remote have everything that matters. Tables are named explicitly, because
Django would ask the target's engine for the maximum length of a name, and that engine may be missing.
"""

from __future__ import annotations

from django.db import models


class DatabaseRecord(models.Model):
    """A database that is backed up."""

    alias = models.TextField(primary_key=True)
    engine = models.TextField()
    place = models.TextField()
    """Engine and address."""
    position = models.IntegerField()

    class Meta:
        db_table = "target"


class RunRecord(models.Model):
    """One run of a command. Without ``finished_at`` it is still running or was killed."""

    id = models.TextField(primary_key=True)
    command = models.TextField(db_column="verb")
    level = models.TextField()
    """Level of a verification; empty for other commands."""
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    exit_code = models.IntegerField(null=True)
    error = models.TextField()

    class Meta:
        db_table = "run"


class TaskRecord(models.Model):
    """Result of one task of a run; ``database`` is empty for the media files."""

    run = models.ForeignKey(RunRecord, models.CASCADE, related_name="tasks")
    database = models.TextField()
    engine = models.TextField()
    outcome = models.TextField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField()
    size = models.BigIntegerField(null=True)
    raw_size = models.BigIntegerField(null=True)

    class Meta:
        db_table = "part"
        indexes = (models.Index(fields=["database", "started_at"], name="part_of_database"),)


class StoredBackups(models.Model):
    """The good backups of one database in the last listing of the remote."""

    alias = models.TextField(primary_key=True)
    count = models.IntegerField()
    size = models.BigIntegerField()
    newest_id = models.TextField()
    newest_started_at = models.DateTimeField(null=True)
    newest_finished_at = models.DateTimeField(null=True)
    newest_size = models.BigIntegerField(null=True)
    newest_raw_size = models.BigIntegerField(null=True)

    class Meta:
        db_table = "stored"


class KnownManifest(models.Model):
    """The text of a manifest, cached because it never changes."""

    path = models.TextField(primary_key=True)
    text = models.TextField()

    class Meta:
        db_table = "known"


class Counter(models.Model):
    """A counter."""

    name = models.TextField()
    database = models.TextField()
    engine = models.TextField()
    label = models.TextField()
    value = models.BigIntegerField(default=0)

    class Meta:
        db_table = "tally"
        constraints = (models.UniqueConstraint(fields=["name", "database", "engine", "label"], name="one_tally"),)


class Fact(models.Model):
    """A named JSON value from the last refresh."""

    name = models.TextField(primary_key=True)
    value = models.JSONField()

    class Meta:
        db_table = "fact"
