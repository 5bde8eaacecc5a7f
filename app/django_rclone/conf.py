"""The ``DJANGO_RCLONE`` setting: one table of its keys. Values are read on access, never at import."""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.conf import settings

from django_rclone import folder_overlap, naming, streams, vocabulary
from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Interrupted, Unavailable
from django_rclone.process import Limits
from django_rclone.rclone import crypt, remote_options, secrets
from django_rclone.rclone import flags as rclone_flags
from django_rclone.rclone import remote as rclone
from django_rclone.vocabulary import Key


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of ``DJANGO_RCLONE``. ``problem`` returns the problem of a value, or an empty string."""

    default: Any
    meaning: str
    problem: Callable[[Any], str]


def _text(value: Any, *, empty: bool = False) -> str:
    return "" if isinstance(value, str) and (value or empty) else "must be a text" + ("" if empty else ", not empty")


def _password(value: Any) -> str:
    fits = isinstance(value, str) and "\n" not in value and "\r" not in value
    return "" if fits else "must be a text of one line"


def _path(value: Any) -> str:
    return "" if value is None or isinstance(value, str) or hasattr(value, "__fspath__") else "must be a path or None"


def _flags(value: Any) -> str:
    fits = isinstance(value, list | tuple) and all(isinstance(flag, str) for flag in value)
    return "" if fits else 'must be a list of texts, for instance ["--bwlimit", "10M"]'


def _folder(value: Any) -> str:
    if not isinstance(value, str):
        return "must be the name of a folder on the remote"
    return folder_overlap.name_problem(value)


def _backup_folder(value: Any) -> str:
    if wrong := _folder(value):
        return wrong
    # Objects in this folder must also be listed, restored and removed: the rule for their paths applies.
    wrong = naming.path_problem(f"{value.strip('/')}/x")
    return f"cannot be {value!r}: it {wrong}" if wrong else ""


def _project(value: Any) -> str:
    if not isinstance(value, str) or (value and not value.strip()):
        return "must be a text, empty or not blank"
    return "" if value.isprintable() else f"cannot be {value!r}: it has characters that cannot be shown"


def _template(value: Any) -> str:
    if isinstance(value, str) and not value.isprintable():
        return "has characters that cannot be shown"
    return naming.template_problem(value) if isinstance(value, str) else "must be a text"


def _date_format(value: Any) -> str:
    if not isinstance(value, str) or not value:
        return "must be a strftime format"
    rendered = datetime(2026, 1, 2, 3, 4, 5).strftime(value)  # noqa: DTZ001 - only its format matters
    if not rendered.isprintable():
        return "renders characters that cannot be shown"
    return "renders a '/' or '\\': a file name has none" if "/" in rendered or "\\" in rendered else ""


def _positive(value: Any) -> str:
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return "" if fits else "must be a whole number, 1 or more"


_LONGEST = 100 * 365 * 86400
"""The longest duration, a century, in seconds: timeouts and date arithmetic must not overflow."""


def _boolean(value: Any) -> str:
    return "" if isinstance(value, bool) else "must be True or False"


def _seconds(value: Any) -> str:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LONGEST):
        return ""
    return "must be a number of seconds, or None for no limit"


def _mapping(value: Any, *, of: type, what: str) -> str:
    fits = isinstance(value, Mapping) and all(isinstance(k, str) and isinstance(v, of) for k, v in value.items())
    return "" if fits else f"must be a dictionary: {what}"


def _compression(value: Any) -> str:
    forms = '"zstd", "gzip", "none" or {"METHOD": "zstd", "LEVEL": 3}'
    if isinstance(value, str):
        return "" if value in streams.LEVELS else f"must be {forms}"
    if not isinstance(value, Mapping) or not {"METHOD"} <= set(value) <= {"METHOD", "LEVEL"}:
        return f"must be {forms}"
    method, level = value["METHOD"], value.get("LEVEL")
    if not isinstance(method, str) or method not in streams.LEVELS:
        return f"must be {forms}"
    levels = streams.LEVELS[method]
    if level is not None and (type(level) is not int or level not in levels):
        return f"has LEVEL {level!r}: {method} takes {levels.start} to {levels.stop - 1}"
    return ""


_connectors = partial(_mapping, of=str)

SETTINGS: Mapping[Key, Setting] = {
    "REMOTE": Setting("", "Where backups go: an rclone remote and folder, or a local folder. Required.", _text),
    "PROJECT": Setting(
        "",
        "Names this project in its manifests; set it where several projects share one remote.",
        _project,
    ),
    "RCLONE_BINARY": Setting("rclone", "The rclone program, by name or path.", _text),
    "RCLONE_CONFIG": Setting(None, "Path of rclone.conf; None: rclone's own default.", _path),
    "RCLONE_FLAGS": Setting([], "Flags for rclone: backends, transport, speed, and filters for media files.", _flags),
    "ENCRYPTION_PASSWORD": Setting(
        "", "Encrypts everything but RESTORE.md, names too, with rclone crypt; empty: nothing.", _password
    ),
    "DB_BACKUP_DIR": Setting("db", "Folder for databases, below REMOTE.", _backup_folder),
    "DB_FILENAME_TEMPLATE": Setting(
        "{database}-{datetime}.{ext}", "Names of objects; an id is added before the extension.", _template
    ),
    "DB_DATE_FORMAT": Setting("%Y-%m-%d-%H%M%S", "How {datetime} is written (strftime, in UTC).", _date_format),
    "DB_CLEANUP_KEEP": Setting(10, "How many backups of a database `dbbackup --clean` keeps.", _positive),
    "MEDIA_BACKUP_DIR": Setting(
        "media", "Folder for the mirror of MEDIA_ROOT, below REMOTE; with PROJECT set, below projects/NAME.", _folder
    ),
    "MEDIA_FOLLOW_LINKS": Setting(
        False, "Whether links in MEDIA_ROOT are saved as what they lead to; if not, they are left out.", _boolean
    ),
    "COMPRESSION": Setting(
        "zstd", '"zstd", "gzip", "none", or {"METHOD": "zstd", "LEVEL": 3} (zstd 1-19, gzip 1-9).', _compression
    ),
    "TIMEOUT": Setting(
        None, "Seconds that a dump, restore, sync or call of rclone may take; None: no limit.", _seconds
    ),
    "STALL_TIMEOUT": Setting(600, "Seconds without a byte moving before the run is ended; None: no limit.", _seconds),
    "CONNECTORS": Setting(
        {}, "{alias: dotted path of a connector}.", partial(_connectors, what="{alias: dotted path of a connector}")
    ),
    "CONNECTOR_MAPPING": Setting(
        {}, "{engine: dotted path of a connector}.", partial(_connectors, what="{engine: dotted path of a connector}")
    ),
    "DATABASE_OPTIONS": Setting(
        {},
        "{alias: {option: value}}, handed to the connector; see the connector's page.",
        partial(_mapping, of=Mapping, what="{alias: {option: value}}"),
    ),
}


def configured() -> Mapping[str, Any]:
    """Returns the project's ``DJANGO_RCLONE`` unchanged. Raises ConfigurationError if it is not a dictionary."""
    value = getattr(settings, "DJANGO_RCLONE", {})
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{vocabulary.current().dictionary} must be a dictionary.")
    return value


def unknown_keys() -> dict[str, str]:
    """Returns the unknown keys, each with the known key that was probably meant, or an empty string."""
    return {
        str(key): next(iter(difflib.get_close_matches(str(key).upper(), SETTINGS, n=1)), "")
        for key in configured()
        if key not in SETTINGS
    }


def problem(name: Key) -> str:
    """Returns the problem of a setting's value, as a clause that follows its name; an empty string if it is valid."""
    return SETTINGS[name].problem(configured().get(name, SETTINGS[name].default))


def get(name: Key) -> Any:
    """Returns a setting's value, or its default. Raises ConfigurationError if the value is invalid."""
    if wrong := problem(name):
        raise ConfigurationError(f"{vocabulary.current().item(name)} {wrong}.")
    return configured().get(name, SETTINGS[name].default)


def remote() -> rclone.Remote:
    """Returns the remote that the settings name. Raises ConfigurationError for invalid settings, and for mistyped keys,
    which would have no effect: every command calls this first."""
    for key, meant in unknown_keys().items():
        hint = f' Did you mean "{meant}"?' if meant else ""
        raise ConfigurationError(f'{vocabulary.current().dictionary} has an unknown key "{key}".{hint}')
    if not configured().get("REMOTE"):
        names = vocabulary.current()
        raise ConfigurationError(f"{names.item('REMOTE')} is not set. {names.remote_example}")
    if wrong := overlap():
        raise ConfigurationError(wrong)
    root = get("REMOTE")
    if secrets.has_secret(root):
        raise ConfigurationError(f"{vocabulary.current().item('REMOTE')} {secrets.EXPOSED}")
    for wrong in rclone_problems():
        raise ConfigurationError(wrong)
    password = get("ENCRYPTION_PASSWORD")
    return crypt.encrypted(_plain(), Secret(password)) if password else _plain()


def _plain() -> rclone.Remote:
    config = get("RCLONE_CONFIG")
    return rclone.Remote(
        root=get("REMOTE"),
        binary=get("RCLONE_BINARY"),
        config="" if config is None else str(config),
        flags=tuple(get("RCLONE_FLAGS")),
        limits=limits(),
    )


def rclone_problems() -> Iterator[str]:
    """Yields a sentence for each refused option of rclone in RCLONE_FLAGS, in the environment and in rclone's
    configuration."""
    plain = _plain()
    given = rclone_flags.given(plain.flags, os.environ)
    yield from given.problems
    if not given.problems and shutil.which(plain.binary):  # if it is missing, the first call reports it
        yield from remote_options.problems(plain.root, _sections(plain), os.environ)


def _sections(plain: rclone.Remote) -> rclone.Sections:
    try:
        return _configured(plain.binary, plain.config, plain.flags, os.environ.get("RCLONE_CONFIG"))
    except (ConfigurationError, Interrupted, Unavailable):
        raise
    except DjangoRcloneError:  # its first real call reports the error
        return {}


@cache
def _configured(binary: str, config: str, flags: tuple[str, ...], _config: str | None) -> rclone.Sections:
    """Returns the sections of rclone.conf. A failure is not cached: the next call tries again."""
    return rclone.Remote("", binary=binary, config=config, flags=flags).configured()


def overlap() -> str:
    """Returns a sentence if the folders of databases and media files overlap, else an empty string."""
    return folder_overlap.of_backup_folders(get("DB_BACKUP_DIR"), get("MEDIA_BACKUP_DIR"), get("PROJECT"))


def compression() -> tuple[str, int]:
    """Returns the method and level of compression."""
    value = get("COMPRESSION")
    method = value if isinstance(value, str) else value["METHOD"]
    level = None if isinstance(value, str) else value.get("LEVEL")
    return method, streams.DEFAULT_LEVEL[method] if level is None else level


def limits() -> Limits:
    """Returns how long a stream may take, and how long it may stall."""
    return Limits(timeout=get("TIMEOUT"), stall=get("STALL_TIMEOUT"))


def names() -> naming.Scheme:
    """Returns the naming scheme of objects."""
    return naming.Scheme(
        folder=get("DB_BACKUP_DIR").strip("/"),
        template=get("DB_FILENAME_TEMPLATE"),
        date_format=get("DB_DATE_FORMAT"),
        media=get("MEDIA_BACKUP_DIR").strip("/"),
    )
