"""The table of the keys in ``DJANGO_RCLONE``, which the code reads and the documentation is generated from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django_rclone.conf import validators
from django_rclone.setting_names import Key


@dataclass(frozen=True, slots=True)
class Setting:
    """One key. ``problem`` returns the problem of a value, or an empty string."""

    default: Any
    meaning: str
    problem: Callable[[Any], str]


SETTINGS: Mapping[Key, Setting] = {
    "REMOTE": Setting(
        "",
        "Where backups are stored: an rclone remote with a folder, or a local folder. Required.",
        validators.non_empty_string,
    ),
    "PROJECT": Setting(
        "",
        "Name of the project in its manifests. Set it if several projects share one remote.",
        validators.project,
    ),
    "RCLONE_BINARY": Setting("rclone", "Name or path of the rclone program.", validators.non_empty_string),
    "RCLONE_CONFIG": Setting(None, "Path of rclone.conf. None: rclone's default.", validators.path),
    "RCLONE_FLAGS": Setting(
        [], "Flags for rclone: backends, transfers, speed, and filters for media files.", validators.flags
    ),
    "ENCRYPTION_PASSWORD": Setting(
        "",
        "Encrypts everything on the remote but RESTORE.md, including names, with rclone crypt. Empty: no encryption.",
        validators.password,
    ),
    "DB_BACKUP_DIR": Setting("db", "Folder of the database backups, below REMOTE.", validators.backup_folder),
    "DB_FILENAME_TEMPLATE": Setting(
        "{database}-{datetime}.{ext}",
        "Template of the names of objects. An id is added before the extension.",
        validators.filename_template,
    ),
    "DB_DATE_FORMAT": Setting(
        "%Y-%m-%d-%H%M%S", "Format of {datetime} in these names (strftime, in UTC).", validators.date_format
    ),
    "DB_CLEANUP_KEEP": Setting(
        10,
        "Number of backups of each database that `dbbackup --clean` keeps if RETENTION is not set.",
        validators.positive_number,
    ),
    "RETENTION": Setting(
        {},
        'Rules for the backups of each database that are kept: {"keep_last": 3, "daily": 7, "within": "30d"}.',
        validators.retention,
    ),
    "MEDIA_BACKUP_DIR": Setting(
        "media",
        "Folder of the mirror of MEDIA_ROOT, below REMOTE. With PROJECT set, it is below projects/NAME.",
        validators.folder,
    ),
    "MEDIA_FOLLOW_LINKS": Setting(
        False, "Whether symbolic links in MEDIA_ROOT are followed. If not, they are left out.", validators.boolean
    ),
    "COMPRESSION": Setting(
        "zstd",
        'Compression of dumps: "zstd", "gzip", "none", or {"METHOD": "zstd", "LEVEL": 3} (zstd 1-19, gzip 1-9).',
        validators.compression,
    ),
    "TIMEOUT": Setting(
        None,
        "Time limit of a dump, a restore, a sync or a command of rclone, in seconds. None: no limit.",
        validators.seconds,
    ),
    "STALL_TIMEOUT": Setting(
        600, "A run is ended when no data has moved for this many seconds. None: no limit.", validators.seconds
    ),
    "CONNECTORS": Setting(
        {},
        "Connectors of databases: {alias: dotted path of a connector}.",
        partial(validators.mapping, of=str, what="{alias: dotted path of a connector}"),
    ),
    "CONNECTOR_MAPPING": Setting(
        {},
        "Connectors of engines: {engine: dotted path of a connector}.",
        partial(validators.mapping, of=str, what="{engine: dotted path of a connector}"),
    ),
    "DATABASE_OPTIONS": Setting(
        {},
        "Options of connectors: {alias: {option: value}}. The page of each database lists them.",
        partial(validators.mapping, of=Mapping, what="{alias: {option: value}}"),
    ),
    "DRILL_DATABASE": Setting(
        {},
        "Server for the scratch databases of drills, as an entry of `DATABASES`. Empty: the database's own server.",
        validators.database,
    ),
    "DRILL_ASSERTIONS": Setting(
        None, "Path of a TOML file with queries that restored databases must answer as expected.", validators.path
    ),
}
