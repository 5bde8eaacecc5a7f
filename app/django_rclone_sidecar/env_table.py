"""The environment variables: the one table, which the code reads and the documentation is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone_sidecar import env_forms as forms

URL = "DATABASE_URL_"
"""Stands before an alias. The alias ``file`` cannot be: DATABASE_URL_FILE is a twin."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. ``parse`` returns its value, or raises ValueError; ``form`` says what it accepts."""

    meaning: str
    form: str
    default: str = ""
    parse: Callable[[str], Any] = forms.line
    secret: bool = False
    unset: str = ""
    """What holds without it, in words, where there is no default."""
    twin: bool = True
    """Whether there is a ``NAME_FILE`` too."""


VARIABLES: Mapping[str, Variable] = {
    "BACKUP_REMOTE": Variable(
        "Where backups go: a remote of rclone's and a folder on it, or a local folder.",
        "a remote like s3:bucket/site, or a folder",
        parse=forms.remote,
        unset="`REMOTE` of the project's `DJANGO_RCLONE`, else `/backups`",
    ),
    "BACKUP_PROJECT": Variable(
        "Names the project in its manifests: set it where several projects share one remote.",
        "a text",
        unset="`PROJECT` of the project's `DJANGO_RCLONE`",
    ),
    "BACKUP_DATABASES": Variable(
        "Aliases of the databases that are backed up and restored.",
        "aliases with commas between them",
        parse=forms.words,
        unset="all",
    ),
    "BACKUP_MEDIA": Variable(
        "Whether `backup` saves the media files too; auto: where the project keeps them in a folder that is there.",
        "auto, on or off",
        "auto",
        forms.choice("auto", "on", "off"),
    ),
    "BACKUP_MEDIA_ROOT": Variable(
        "The folder of the media files in this container; wins over the project's settings.",
        "a folder",
        parse=forms.folder,
        unset="`MEDIA_ROOT` of the project",
    ),
    "BACKUP_TIME_ZONE": Variable(
        "Time zone of times that are given without an offset.",
        "a name like Europe/Berlin",
        parse=forms.time_zone,
        unset="`TIME_ZONE` of the project, else UTC",
    ),
    "BACKUP_KEEP_LAST": Variable(
        "How many backups of each database are kept; older ones go after a new one is proven.",
        "a whole number, 1 or more",
        parse=forms.whole,
        unset="all are kept",
    ),
    "BACKUP_COMPRESSION": Variable(
        "How dumps are compressed.",
        "zstd, gzip or none, and a level like zstd:9 (zstd 1-19, gzip 1-9)",
        parse=forms.compression,
        unset="`COMPRESSION` of the project's `DJANGO_RCLONE`, else zstd",
    ),
    "BACKUP_TIMEOUT": Variable(
        "How long a dump, a restore or a sync may take.",
        "seconds, or like 90m or 2h; off for no limit",
        parse=forms.seconds,
        unset="no limit",
    ),
    "BACKUP_STALL_TIMEOUT": Variable(
        "How long no byte may move before a run is ended.",
        "seconds, or like 10m; off for no limit",
        parse=forms.seconds,
        unset="600",
    ),
    "BACKUP_ENCRYPTION_PASSWORD": Variable(
        "Encrypts everything on the remote but RESTORE.md, names too. Keep a copy elsewhere: nothing opens without it.",
        "a text of one line",
        secret=True,
        unset="nothing is encrypted",
    ),
    "BACKUP_STATE_DIR": Variable(
        "The folder that holds the lock: two runs with the same one never overlap.",
        "a folder",
        "~/.local/state/django-rclone",
        forms.folder,
    ),
    "BACKUP_LOG_FORMAT": Variable(
        "How the log, on stderr, is written.", "text or json", "text", forms.choice("text", "json")
    ),
    "BACKUP_LOG_LEVEL": Variable(
        "What the log leaves out.",
        "debug, info, warning or error",
        "info",
        forms.choice("debug", "info", "warning", "error"),
    ),
    "BACKUP_TARGET": Variable(
        "Where to learn what is backed up; auto: from the settings module if one is named, else from DATABASE_URL.",
        "auto, settings or url",
        "auto",
        forms.choice("auto", "settings", "url"),
    ),
    "TARGET_SETTINGS_MODULE": Variable(
        "The project's settings module.",
        "a name like config.settings.production",
        unset="`DJANGO_SETTINGS_MODULE`, as the web container has it",
    ),
    "TARGET_PATH": Variable("The folder with the project's source, where manage.py is.", "a folder", "/target"),
    "DJANGO_CONFIGURATION": Variable(
        "The class in the settings module, where the project uses django-configurations.", "a name", unset="none"
    ),
    "TARGET_PACKAGES": Variable(
        "Folders with packages of the project's, for what the settings module imports and this environment lacks.",
        "folders with colons between them",
        unset="none",
    ),
    "TARGET_IGNORE_PACKAGES": Variable(
        "Packages that the settings module imports and that have no part in databases and media, as you know.",
        "names with commas between them",
        unset="none",
    ),
    "TARGET_JSON_FILE": Variable(
        "What `manage.py backuptarget` printed in the project's own environment; wins over the settings module.",
        "a file",
        unset="none",
        twin=False,
    ),
    "DATABASE_URL": Variable(
        "The database to back up, as the alias `default`; used when no settings module is named, or it is not there.",
        "a URL like postgres://user:password@host:5432/name",
        secret=True,
        unset="the settings module is read",
    ),
    f"{URL}<ALIAS>": Variable(
        "The database of another alias, or one to use instead of what the settings module says.",
        "a URL",
        secret=True,
        unset="none",
    ),
}
