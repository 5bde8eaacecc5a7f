"""The table of environment variables, which the code reads and the documentation is generated from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django_rclone.layout.verification_paths import LEVELS, Level
from django_rclone_sidecar.environment import parsers

URL = "DATABASE_URL_"
"""Prefix of the variables that end with an alias. ``file`` cannot be one: DATABASE_URL_FILE is a file variant."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. ``parse`` returns its value or raises ValueError; ``form`` describes valid values."""

    meaning: str
    form: str
    default: str = ""
    parse: Callable[[str], Any] = parsers.line
    secret: bool = False
    unset: str = ""
    """Description of the behaviour without it, if there is no default."""
    file_variant: bool = True
    """Whether ``NAME_FILE`` is accepted too."""


def _kept(slot: str) -> Variable:
    """Returns the variable of a retention rule with slots."""
    return Variable(
        f"Keeps the newest backup of each of this many {slot}s, counting only {slot}s with a backup.",
        "a whole number, 1 or more",
        parse=parsers.whole_number,
        unset="this rule keeps none",
    )


VARIABLES: Mapping[str, Variable] = {
    "BACKUP_REMOTE": Variable(
        "Where backups are stored: an rclone remote with a folder, or a local folder.",
        "a remote like s3:bucket/site, or a folder",
        parse=parsers.remote,
        unset="`REMOTE` of the project's `DJANGO_RCLONE`, else `/backups`",
    ),
    "BACKUP_PROJECT": Variable(
        "Name of the project in its manifests. Set it if several projects share one remote.",
        "a string",
        unset="`PROJECT` of the project's `DJANGO_RCLONE`",
    ),
    "BACKUP_DATABASES": Variable(
        "Aliases of the databases to back up and restore.",
        "aliases separated by commas",
        parse=parsers.names,
        unset="all",
    ),
    "BACKUP_SCHEDULE": Variable(
        "When `serve` makes backups. With off it makes none, and only monitors backups made by others.",
        "a cron expression like 15 3 * * *, @hourly, @daily, @weekly or @monthly, or off",
        "@daily",
        parsers.cron,
    ),
    "BACKUP_JITTER": Variable(
        "Random but stable delay per database, up to this long after the slot, so that many sites on one storage do "
        "not start at once.",
        "seconds, or a duration like 15m; off for none",
        "off",
        parsers.delay,
    ),
    "BACKUP_ON_START": Variable(
        "Whether `serve` always makes a backup when it starts, not only after a missed slot.",
        "on or off",
        "off",
        parsers.switch,
    ),
    "BACKUP_VERIFY_SCHEDULE": Variable(
        "When `serve` verifies the newest good backup of each database.",
        "a cron expression like 30 5 * * *, @daily, @weekly or @monthly, or off",
        "off",
        parsers.cron,
    ),
    "BACKUP_VERIFY_LEVEL": Variable(
        "Level of the verifications of BACKUP_VERIFY_SCHEDULE.",
        "hash, read or drill",
        Level.READ.value,
        parsers.choice(*(level.value for level in LEVELS)),
    ),
    "BACKUP_DRILL_DATABASE_URL": Variable(
        "Server for the scratch databases of drills, for databases of its engine: an empty, disposable one.",
        "a URL like postgres://user:password@host:5432/name",
        secret=True,
        unset="`DRILL_DATABASE` of the project's `DJANGO_RCLONE`, else the database's own server",
    ),
    "BACKUP_DRILL_ASSERTIONS": Variable(
        "TOML file with queries that restored databases must answer as expected.",
        "a file",
        unset="`DRILL_ASSERTIONS` of the project's `DJANGO_RCLONE`, else none",
        file_variant=False,
    ),
    "BACKUP_MAX_AGE": Variable(
        "A database is overdue when its newest backup is older than this.",
        "seconds, or a duration like 26h",
        parse=parsers.seconds,
        unset="from the schedule: half the time between two slots, at most 6 hours, after a missed slot",
    ),
    "BACKUP_STOP_GRACE": Variable(
        "How long a running backup may continue after `serve` is stopped, before it is cancelled. Must be shorter than "
        "the container's own stop timeout.",
        "seconds, or a duration like 5m; off for none",
        "5",
        parsers.delay,
    ),
    "BACKUP_MEDIA": Variable(
        "Whether `backup` includes the media files. With auto: if the project stores them in a folder that exists.",
        "auto, on or off",
        "auto",
        parsers.switch_or("auto"),
    ),
    "BACKUP_MEDIA_ROOT": Variable(
        "The folder of the media files in this container. Overrides the project's settings.",
        "a folder",
        parse=parsers.folder,
        unset="`MEDIA_ROOT` of the project",
    ),
    "BACKUP_MEDIA_FOLLOW_LINKS": Variable(
        "Whether symbolic links in the media folder are followed. If not, they are left out.",
        "on or off",
        parse=parsers.switch,
        unset="`MEDIA_FOLLOW_LINKS` of the project's `DJANGO_RCLONE`, else off",
    ),
    "BACKUP_TIME_ZONE": Variable(
        "Time zone of times given without an offset.",
        "a name like Europe/Berlin",
        parse=parsers.time_zone,
        unset="`TIME_ZONE` of the project, else UTC",
    ),
    "BACKUP_PRUNE": Variable(
        "Whether a backup is followed by retention. Set it to off if `prune` runs elsewhere, with other credentials.",
        "on or off",
        "on",
        parsers.switch,
    ),
    "BACKUP_KEEP_LAST": Variable(
        "How many backups of each database are kept. Older ones are removed after a new backup is complete.",
        "a whole number, 1 or more",
        parse=parsers.whole_number,
        unset="all are kept, unless another `BACKUP_KEEP_…` or `RETENTION` of the project's `DJANGO_RCLONE` is set",
    ),
    "BACKUP_KEEP_HOURLY": _kept("hour"),
    "BACKUP_KEEP_DAILY": _kept("day"),
    "BACKUP_KEEP_WEEKLY": _kept("week"),
    "BACKUP_KEEP_MONTHLY": _kept("month"),
    "BACKUP_KEEP_YEARLY": _kept("year"),
    "BACKUP_KEEP_WITHIN": Variable(
        "Keeps the backups that are at most this much older than the newest good one.",
        "seconds, or a duration like 30d; off for none",
        parse=parsers.seconds,
        unset="this rule keeps none",
    ),
    "BACKUP_COMPRESSION": Variable(
        "Compression of dumps.",
        "zstd, gzip or none, optionally with a level: zstd:9 (zstd 1-19, gzip 1-9)",
        parse=parsers.compression,
        unset="`COMPRESSION` of the project's `DJANGO_RCLONE`, else zstd",
    ),
    "BACKUP_TIMEOUT": Variable(
        "Time limit of a dump, a restore or a sync.",
        "seconds, or a duration like 90m or 2h; off for no limit",
        parse=parsers.seconds,
        unset="no limit",
    ),
    "BACKUP_STALL_TIMEOUT": Variable(
        "A run is ended when no data has moved for this long.",
        "seconds, or a duration like 10m; off for no limit",
        parse=parsers.seconds,
        unset="600",
    ),
    "BACKUP_ENCRYPTION_PASSWORD": Variable(
        "Encrypts everything on the remote except RESTORE.md, including names. Keep a copy elsewhere: without it, "
        "backups cannot be read.",
        "a string of one line",
        secret=True,
        unset="nothing is encrypted",
    ),
    "BACKUP_NOTIFY_URLS": Variable(
        "Services that are notified of runs: Apprise URLs (mailto:, slack:, ntfy: and a hundred others).",
        "URLs separated by spaces",
        parse=parsers.addresses,
        secret=True,
        unset="no notifications",
    ),
    "BACKUP_NOTIFY_ON": Variable(
        "Which runs are notified: failures and the first success after one, or all.",
        "failure or all",
        "failure",
        parsers.choice("failure", "all"),
    ),
    "BACKUP_HEARTBEAT_URL": Variable(
        "Pinged after each backup; with /start before it and /fail after a failure, as Healthchecks and others expect.",
        "a URL",
        parse=parsers.web_address,
        secret=True,
        unset="nothing is pinged",
    ),
    "BACKUP_PUSHGATEWAY_URL": Variable(
        "Prometheus Pushgateway to push the metrics of each run to, for runs that are too short to scrape.",
        "a URL",
        parse=parsers.web_address,
        secret=True,
        unset="nothing is pushed",
    ),
    "BACKUP_WEB_PASSWORD": Variable(
        "Password for every page of `serve` except /healthz and /readyz, with any user name.",
        "a string of one line",
        secret=True,
        unset="no password",
    ),
    "PORT": Variable("Port that `serve` listens on.", "a port", "8000", parsers.port, file_variant=False),
    "BACKUP_STATE_DIR": Variable(
        "Folder of the lock, which keeps runs from overlapping, and of the history of runs.",
        "a folder",
        "~/.local/state/django-rclone",
        parsers.folder,
    ),
    "BACKUP_LOG_FORMAT": Variable(
        "Format of the log on stderr.", "text or json", "text", parsers.choice("text", "json")
    ),
    "BACKUP_LOG_LEVEL": Variable(
        "Lowest level that is logged.",
        "debug, info, warning or error",
        "info",
        parsers.choice("debug", "info", "warning", "error"),
    ),
    "BACKUP_TARGET": Variable(
        "Where the databases are read from. With auto: the settings module if one is set, else DATABASE_URL.",
        "auto, settings or url",
        "auto",
        parsers.choice("auto", "settings", "url"),
    ),
    "TARGET_SETTINGS_MODULE": Variable(
        "The project's settings module.",
        "a name like config.settings.production",
        unset="`DJANGO_SETTINGS_MODULE`, as in the web container",
    ),
    "TARGET_PATH": Variable("Folder of the project's source code, with manage.py in it.", "a folder", "/target"),
    "DJANGO_CONFIGURATION": Variable(
        "Class in the settings module, if the project uses django-configurations.", "a name", unset="none"
    ),
    "TARGET_PACKAGES": Variable(
        "Folders with the project's packages, for imports of the settings module that are not installed here.",
        "folders separated by colons",
        unset="none",
    ),
    "TARGET_IGNORE_PACKAGES": Variable(
        "Packages that the settings module imports and that you know do not affect databases and media.",
        "names separated by commas",
        unset="none",
    ),
    "TARGET_JSON_FILE": Variable(
        "Output of `manage.py backuptarget` in the project's own environment. Overrides the settings module.",
        "a file",
        unset="none",
        file_variant=False,
    ),
    "DATABASE_URL": Variable(
        "The database to back up, with the alias `default`. Used if no settings module is set, or it does not exist.",
        "a URL like postgres://user:password@host:5432/name",
        secret=True,
        unset="the settings module is read",
    ),
    f"{URL}<ALIAS>": Variable(
        "The database of another alias, or one that overrides the settings module.",
        "a URL",
        secret=True,
        unset="none",
    ),
}
