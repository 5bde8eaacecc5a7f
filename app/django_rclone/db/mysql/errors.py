"""Error messages for failures of the client programs of MySQL and MariaDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django_rclone import see_documentation, setting_names
from django_rclone.command import Explanation
from django_rclone.db.failures import for_database
from django_rclone.db.helper_programs import reported_error
from django_rclone.db.mysql.journal import GONE, LOCKED
from django_rclone.exceptions import ConfigurationError, DjangoRcloneError, Locked, ProgramFailed, Unavailable

# "ERROR 1049 (42000): Unknown database 'x'", "ERROR 1205 (HY000) at line 7: Lock wait timeout exceeded",
# "mysqldump: Got error: 1045: Access denied …", "mysqldump: Error 2013: Lost connection …",
# "mysqldump: Couldn't execute 'SHOW …': Access denied … (1227)".
_CODED = re.compile(
    r"^(?:ERROR (?P<a>\d{4}) \(\w+\)(?: at line \d+)?: (?P<at>.*)"
    r"|\S+: Got error: (?P<b>\d{4}): \"?(?P<bt>.*?)\"?(?: when .*)?"
    r"|\S+: Error (?P<c>\d{4}): (?P<ct>.*)"
    r"|\S+: Couldn't execute '.*': (?P<dt>.*) \((?P<d>\d{4})\))$",
    re.MULTILINE,
)

_CHECK = "Check the database's settings."
_LATER = "Try again later, or check {HOST and PORT}."
_MEANINGS: tuple[tuple[frozenset[int], type[DjangoRcloneError], str], ...] = (
    (frozenset({1045, 1044, 1698, 1130, 1251, 1275, 2059, 2061, 1862, 1820}), ConfigurationError, _CHECK),
    (frozenset({1049}), ConfigurationError, "Correct {NAME}, or create the schema and restore into it."),
    (frozenset({2026}), ConfigurationError, "Check the TLS options in OPTIONS."),
    (
        frozenset({1142, 1143, 1227, 1370, 1410}),
        ConfigurationError,
        f"Grant the role the rights that it lacks. {see_documentation('MySQL and MariaDB')}",
    ),
    (
        frozenset({1419}),
        ConfigurationError,
        "The server writes a binary log: set log_bin_trust_function_creators = 1, or restore as a user with SUPER.",
    ),
    (
        frozenset({1449}),
        ConfigurationError,
        "Create that account on this server, with the rights that it has where the backup comes from.",
    ),
    (frozenset({1290, 1836}), ConfigurationError, "The server takes no changes: restore on the primary."),
    (frozenset({1153, 2020}), ConfigurationError, "Raise the server's max_allowed_packet."),
    (frozenset({1412, 1213}), DjangoRcloneError, "The schema was changed during the dump; try again."),
    (frozenset({1114, 1021, 1037, 3675}), DjangoRcloneError, "The server's disk is full. Make room, then try again."),
    (frozenset({1356}), ConfigurationError, "Repair or drop the view: it can be neither dumped nor restored."),
    (
        frozenset({1040, 1203, 1226, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1317, 1927, 4031}),
        Unavailable,
        "Try again later.",
    ),
    (frozenset({2002, 2003, 2004, 2005, 2006, 2012, 2013, 2055}), Unavailable, _LATER),
)


def error_in(stderr: str) -> tuple[int, str]:
    """Returns number and text of the last error that a client printed; 0 if none has a number."""
    found = list(_CODED.finditer(stderr))
    if not found:
        return 0, ""
    groups = found[-1].groupdict()
    letter = next(letter for letter in "abcd" if groups[letter])
    return int(groups[letter]), str(groups[f"{letter}t"]).strip()


def scratch_removed(location: str, after: str) -> DjangoRcloneError:
    """Returns the error that another command has removed the scratch schema. ``after``: as for ``user_error``."""
    rest = f" {after}" if after else ""
    return DjangoRcloneError(f"the scratch schema for {location} is gone: another command removed it.{rest} Try again.")


def user_error(failure: ProgramFailed, location: str, after: str = "") -> DjangoRcloneError:
    """Returns the error for users. ``after``: a sentence about the state of the database."""
    code, message = error_in(failure.stderr)
    rest = f" {after}" if after else ""
    if LOCKED in failure.stderr:
        return Locked(f"another restore of {location} runs. Wait until it has ended, then try again.")
    if GONE in failure.stderr:
        return scratch_removed(location, after)
    reported = reported_error(failure)
    if reported and reported.kind == ConfigurationError.__name__:
        return ConfigurationError(f"{reported.message} ({location}).{rest}")
    for codes, kind, advice in _MEANINGS:
        if code in codes:
            return kind(f"{message} ({location}).{rest} {setting_names.filled(advice)}")
    if code:
        return DjangoRcloneError(f"{failure.program} failed: {message} (error {code}, {location}).{rest}")
    return DjangoRcloneError(f"{failure.program} {failure.ending}{failure.last_output} ({location}).{rest}")


@contextmanager
def explained(location: str, after: str = "") -> Iterator[None]:
    """Explains the failure of a client inside the block."""
    try:
        yield
    except ProgramFailed as failure:
        raise user_error(failure, location, after) from failure


def explainer(alias: str, location: str, after: Callable[[ProgramFailed], str] | str = "") -> Explanation:
    """Returns the function that explains a failure of a client that the recipe runs."""
    return for_database(
        alias, lambda failure: user_error(failure, location, after if isinstance(after, str) else after(failure))
    )


def program_explainer(alias: str) -> Explanation:
    """Returns the function that explains a failure of one of our programs, which report complete errors."""
    return for_database(alias, _reported)


def _reported(failure: ProgramFailed) -> DjangoRcloneError:
    reported = reported_error(failure)
    return reported.error if reported else DjangoRcloneError(f"{failure}. The next command cleans up.")
