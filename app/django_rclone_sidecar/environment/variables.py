"""The environment variables: the one table, which the code reads and the documentation is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone_sidecar.environment import parsers as forms

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
    "BACKUP_SCHEDULE": Variable(
        "When `serve` makes backups; off: never, it only watches those that others make.",
        "a cron expression like 15 3 * * *, @hourly, @daily, @weekly or @monthly, or off",
        "@daily",
        forms.cron,
    ),
    "BACKUP_JITTER": Variable(
        "Backups begin up to this long after their slot, each database always equally long: many sites that share a "
        "storage do not all begin at once.",
        "seconds, or like 15m; off for none",
        "off",
        forms.delay,
    ),
    "BACKUP_ON_START": Variable(
        "Whether `serve` makes a backup when it starts, and not only if the last slot was missed.",
        "on or off",
        "off",
        forms.switch,
    ),
    "BACKUP_MAX_AGE": Variable(
        "A database whose newest backup is older is overdue.",
        "seconds, or like 26h",
        parse=forms.seconds,
        unset="from the schedule: half the time to the next slot, at most 6 hours, after a slot",
    ),
    "BACKUP_STOP_GRACE": Variable(
        "How long a running backup may go on when `serve` is stopped, before it is cancelled. Must be shorter than "
        "what the container is given.",
        "seconds, or like 5m; off for none",
        "5",
        forms.delay,
    ),
    "BACKUP_MEDIA": Variable(
        "Whether `backup` saves the media files too; auto: where the project keeps them in a folder that is there.",
        "auto, on or off",
        "auto",
        forms.switch_or("auto"),
    ),
    "BACKUP_MEDIA_ROOT": Variable(
        "The folder of the media files in this container; wins over the project's settings.",
        "a folder",
        parse=forms.folder,
        unset="`MEDIA_ROOT` of the project",
    ),
    "BACKUP_MEDIA_FOLLOW_LINKS": Variable(
        "Whether links in the folder of the media files are saved as what they lead to; if not, they are left out.",
        "on or off",
        parse=forms.switch,
        unset="`MEDIA_FOLLOW_LINKS` of the project's `DJANGO_RCLONE`, else off",
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
    "BACKUP_NOTIFY_URLS": Variable(
        "Who is told of runs: URLs as Apprise has them (mailto:, slack:, ntfy: and a hundred others).",
        "URLs with blanks between them",
        parse=forms.addresses,
        secret=True,
        unset="nobody",
    ),
    "BACKUP_NOTIFY_ON": Variable(
        "Of which runs: failure, and the first success after one; or all.",
        "failure or all",
        "failure",
        forms.choice("failure", "all"),
    ),
    "BACKUP_HEARTBEAT_URL": Variable(
        "Pinged after each backup, with /start before it and /fail after a failure, as Healthchecks and others expect.",
        "a URL",
        parse=forms.web_address,
        secret=True,
        unset="nothing is pinged",
    ),
    "BACKUP_PUSHGATEWAY_URL": Variable(
        "The Prometheus Pushgateway that each run's metrics are pushed to: for runs that nobody can scrape.",
        "a URL",
        parse=forms.web_address,
        secret=True,
        unset="nothing is pushed",
    ),
    "BACKUP_WEB_PASSWORD": Variable(
        "Asked for (with any user's name) before `serve` shows anything but /healthz and /readyz.",
        "a text of one line",
        secret=True,
        unset="everybody who reaches the port may look",
    ),
    "PORT": Variable("The port that `serve` listens on.", "a port", "8000", forms.port, twin=False),
    "BACKUP_STATE_DIR": Variable(
        "The folder that holds the lock, so that two runs with the same one never overlap, and the history of runs.",
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
