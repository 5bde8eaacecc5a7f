"""Errors that explain rclone's failures to users."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django_rclone import setting_names
from django_rclone.exceptions import (
    ConfigurationError,
    DjangoRcloneError,
    ProgramFailed,
    Unavailable,
    VerificationFailed,
)

# rclone's exit codes: https://rclone.org/docs/#exit-code
_NO_FOLDER, _NO_FILE, _TEMPORARY = 3, 4, 5

_LOG_PREFIX = re.compile(
    r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:(?:ERROR|CRITICAL|NOTICE|Failed)\s*: |ERROR\+\d )|^\S+ \S+ NOTICE: "
)

_UNREACHABLE = re.compile(
    r"connection refused|no such host|connection reset|i/o timeout|timed? ?out|network is unreachable|no route to host"
    r"|connection closed|broken pipe|EOF$|temporary failure|server misbehaving|StatusCode: 5\d\d|\b50[0234]\b|SlowDown"
    r"|ServiceUnavailable|InternalError|tls handshake",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"no space left|disk full|too big for remaining disk space|quota|insufficient.?(?:storage|space)"
    r"|not enough (?:free )?space|EntityTooLarge|StorageFull|minimum free drive|\b507\b",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    r"permission denied|read-only file system|AccessDenied|StatusCode: 40[13]|\b40[13]\b|SignatureDoesNotMatch"
    r"|InvalidAccessKeyId|unable to authenticate|not authorized|unauthorized|forbidden|SSH_FX_PERMISSION_DENIED"
    r"|BlobImmutableDueTo|WORM protected",
    re.IGNORECASE,
)
# Credentials that may use a bucket, but create none: https://rclone.org/s3/#s3-no-check-bucket
_CREATES_BUCKET = re.compile(r"CreateBucket\b.*(?:AccessDenied|StatusCode: 403)", re.IGNORECASE)
_MISCONFIGURED = re.compile(
    r"didn't find section|didn't find backend|unknown flag|failed to create file system|NoSuchBucket|bucket not found"
    r"|is not a valid|Fatal error: (?:unknown|invalid)|invalid value when setting|default values: failed to"
    r"|invalid argument .* for .*--",
    re.IGNORECASE,
)
# rclone could not start because its settings are invalid. Checked before the patterns above, which may match a value.
_NOT_BEGUN = re.compile(r'failed to load "\w+" default values|failed to load config file', re.IGNORECASE)
_LOCKED = re.compile(r"unable to decrypt configuration|password command failed", re.IGNORECASE)

# Errors about a file's content: https://github.com/rclone/rclone/blob/master/backend/crypt/cipher.go
_UNDECRYPTABLE = re.compile(
    r"file is too short to be encrypted|file has truncated block header|not an encrypted file - bad magic string"
    r"|failed to authenticate decrypted block"
)


class AccessDenied(ConfigurationError):
    """The storage does not permit the operation to these credentials."""


class Undecryptable(VerificationFailed):
    """A file on an encrypted remote differs from what was written, or was written with another password."""


class Missing(DjangoRcloneError):
    """The requested file or folder is not on the remote."""


def explain(root: str, names: tuple[str, str], failure: ProgramFailed) -> DjangoRcloneError:
    """Returns the error that users see instead of rclone's log: what the failure means for the remote ``root``.

    ``names`` are the remote's name in rclone and the name that users know.
    """
    reason = last_error(failure.stderr) or failure.ending
    if names[0]:
        reason = reason.replace(names[0], names[1])
    if _LOCKED.search(reason):
        return ConfigurationError(
            f"rclone's configuration is encrypted and cannot be decrypted: {reason}. Set RCLONE_CONFIG_PASS or "
            "RCLONE_PASSWORD_COMMAND."
        )
    where = f'Remote "{root}"' if root else "The remote"
    if _NOT_BEGUN.search(reason):
        return ConfigurationError(f"rclone cannot start: {reason}. Check its configuration and the RCLONE_… variables.")
    if failure.returncode in (_NO_FOLDER, _NO_FILE) or reason.endswith(("object not found", "directory not found")):
        return Missing(f"{where}: {reason}. List the backups with {setting_names.current().list_command}.")
    if _UNDECRYPTABLE.search(reason):
        return Undecryptable(f"{where}: a file cannot be decrypted: {reason}. It is damaged, or the password is wrong.")
    if _FULL.search(reason):
        return DjangoRcloneError(f"{where} is full: {reason}. Free space there, or prune old backups.")
    if _CREATES_BUCKET.search(reason):
        return AccessDenied(
            f"{where} denies access: {reason}. rclone tries to create the bucket before it uploads. If the bucket "
            "exists, set RCLONE_S3_NO_CHECK_BUCKET=true."
        )
    if _FORBIDDEN.search(reason):
        return AccessDenied(f"{where} denies access: {reason}. Check its credentials and permissions.")
    if failure.returncode == _TEMPORARY or _UNREACHABLE.search(reason):
        return Unavailable(f"{where} cannot be reached: {reason}. Try again later, or check the address.")
    if _MISCONFIGURED.search(reason):
        setting = setting_names.current().setting("REMOTE")
        return ConfigurationError(f"{where} cannot be used: {reason}. Check {setting} and rclone's configuration.")
    why = "" if reason == failure.ending else f": {reason}"
    return DjangoRcloneError(f"{where}: rclone {failure.ending}{why}")


def progress(line: str) -> tuple[int, ...] | None:
    """Returns rclone's progress from a line of statistics; None for other lines of its log."""
    try:
        return counters(json.loads(line)["stats"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def counters(statistics: Mapping[str, Any]) -> tuple[int, ...]:
    """Returns rclone's progress from its statistics."""
    return tuple(statistics.get(name, 0) for name in ("bytes", "checks", "transfers", "deletes", "renames", "listed"))


def last_error(stderr: str) -> str:
    """Returns the last error in rclone's log, without time and level. The log may be plain text or JSON lines."""
    lines = [_message(line) for line in stderr.splitlines()]
    errors = [line for line in lines if line and not line.startswith(("Use ", "Run '", "You could", 'Config file "'))]
    return errors[-1] if errors else ""


def _message(line: str) -> str:
    if not line.startswith("{"):
        return _LOG_PREFIX.sub("", line).strip()
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    return "" if "stats" in entry else str(entry.get("msg", "")).strip()
