"""The history of runs and what was last seen, in a small SQLite file of the sidecar's own: see ``history``.

Nothing here is the only copy of anything: what matters is on the remote, in the manifests. The tables are named here,
because Django would ask the target's engine how long a name may be, and there may be no such engine.
"""

from __future__ import annotations

from django.db import models


class DatabaseRecord(models.Model):
    """A database that is backed up."""

    alias = models.TextField(primary_key=True)
    engine = models.TextField()
    place = models.TextField()
    """Engine and whereabouts, as people recognise it."""
    position = models.IntegerField()

    class Meta:
        db_table = "target"


class RunRecord(models.Model):
    """One run of a command. Without ``finished_at`` it goes on, or was killed."""

    id = models.TextField(primary_key=True)
    command = models.TextField(db_column="verb")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    exit_code = models.IntegerField(null=True)
    error = models.TextField()

    class Meta:
        db_table = "run"


class PartRecord(models.Model):
    """What became of one database in a run, or of the media files (``database`` empty)."""

    run = models.ForeignKey(RunRecord, models.CASCADE, related_name="parts")
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
    """The good backups of one database on the remote, when it was last looked at."""

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
    """The text of a manifest: it never changes, so it need not be read twice."""

    path = models.TextField(primary_key=True)
    text = models.TextField()

    class Meta:
        db_table = "known"


class Tally(models.Model):
    """A number that only grows."""

    name = models.TextField()
    database = models.TextField()
    engine = models.TextField()
    label = models.TextField()
    value = models.BigIntegerField(default=0)

    class Meta:
        db_table = "tally"
        constraints = (models.UniqueConstraint(fields=["name", "database", "engine", "label"], name="one_tally"),)


class Fact(models.Model):
    """Something that was seen last: a JSON value under a name."""

    name = models.TextField(primary_key=True)
    value = models.JSONField()

    class Meta:
        db_table = "fact"
