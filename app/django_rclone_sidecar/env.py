"""The environment variables: one table, which the code reads and the documentation is made from.

Every variable may be given as ``NAME_FILE`` too, the path of a file that holds the value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_rclone.exceptions import ConfigurationError
from django_rclone.masking import mask

from django_rclone_sidecar import env_forms as forms

_TWIN = "_FILE"

# What Kubernetes tells every container about a Service that is called "backup", or "backup-" and something.
# Source: kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_KUBERNETES = re.compile(
    r"BACKUP(?:_\w+)?_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)"
)


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
    "DATABASE_URL": Variable(
        "The database to back up, as the alias `default`.",
        "a URL like postgres://user:password@host:5432/name",
        secret=True,
        unset="the project's settings are read",
    ),
}


@dataclass(frozen=True, slots=True)
class Environment:
    """What the variables say."""

    texts: Mapping[str, str]
    """The whole environment; what was given as a file is there under the variable's own name."""
    values: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> Any:
        """Returns a variable's value, its default, or None."""
        return self.values[name]

    def given(self, name: str) -> bool:
        """Tells whether somebody has set a variable."""
        return bool(self.texts.get(name))

    @property
    def secrets(self) -> list[str]:
        """The values that must never be shown."""
        return [self.texts[name] for name, variable in VARIABLES.items() if variable.secret and self.texts.get(name)]


def read(environ: Mapping[str, str]) -> Environment:
    """Returns what ``environ`` says. Raises ConfigurationError, naming the variable, for what cannot be understood."""
    texts = with_files(environ)
    values = {name: _value(name, variable, texts) for name, variable in VARIABLES.items()}
    return Environment(texts, values, tuple(_warnings(environ)))


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment with the contents of the files that ``NAME_FILE`` variables name.

    An empty variable counts as none: Compose files pass those on.
    """
    texts = dict(environ)
    for name in VARIABLES:
        twin = name + _TWIN
        if not environ.get(twin):
            continue
        if environ.get(name):
            raise ConfigurationError(f"{name} and {twin} are both set: remove one of them.")
        texts[name] = _content(twin, environ[twin])
        del texts[twin]
    return texts


def _content(twin: str, path: str) -> str:
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(f"{twin} names {path}, which cannot be read: {reason}.") from error
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigurationError(f"{twin} names {path}, which is empty.")
    return text


def _value(name: str, variable: Variable, texts: Mapping[str, str]) -> Any:
    text = texts.get(name) or variable.default
    if not text:
        return None
    try:
        return variable.parse(text)
    except forms.Unfit as error:
        raise ConfigurationError(f"{name} {error}") from error
    except ValueError as error:
        shown = "has a value that does not fit" if variable.secret else f'is "{mask(text)}"'
        raise ConfigurationError(f"{name} {shown}: it must be {variable.form}.") from error


def _warnings(environ: Mapping[str, str]) -> list[str]:
    """Returns what is probably mistyped: a name like ours that nobody reads."""
    known = [*VARIABLES, *(name + _TWIN for name in VARIABLES)]
    said = []
    for name in sorted(environ):
        if not name.startswith("BACKUP_") or name in known or _KUBERNETES.fullmatch(name):
            continue
        meant = next(iter(difflib.get_close_matches(name, known, n=1)), "")
        hint = f" Did you mean {meant}?" if meant else " See docs/environment.md."
        said.append(f"The variable {name} is not known and does nothing.{hint}")
    return said
