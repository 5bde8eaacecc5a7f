"""The names of scratch schemas, of their journal, and of the restore's lock. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from django_rclone.db.mysql.quoting import quote_pattern

JOURNAL = "__django_rclone_journal"
"""The journal table in a scratch schema."""
_LONGEST_IDENTIFIER = 64  # characters, of any identifier
_SCRATCH = re.compile(r"(.*)__restore_(new|old)_([0-9a-f]{8})", re.DOTALL)
_DRILL = re.compile(r"(.*__restore_drill_[0-9a-f]{2})[0-9a-f]{4}", re.DOTALL)
_STEM = _LONGEST_IDENTIFIER - len("__restore_new_") - 8


def _stem(live: str) -> str:
    """Returns the unique prefix of the scratch schemas of ``live``, short enough for the whole name."""
    if len(live) <= _STEM:
        return live
    return f"{live[: _STEM - 9]}_{hashlib.sha256(live.encode()).hexdigest()[:8]}"


def scratch(live: str, mark: str) -> str:
    """Returns the name of the scratch schema for a restore of ``live``; ``mark`` is eight hexadecimal digits."""
    return f"{_stem(live)}__restore_new_{mark}"


def displaced(scratch_name: str) -> str:
    """Returns the name of the schema that takes the live tables."""
    stem, _, mark = scratch_name.rpartition("__restore_new_")
    return f"{stem}__restore_old_{mark}"


def leftovers(schemas: Iterable[str], live: str) -> list[str]:
    """Returns the scratch schemas among ``schemas`` that restores of ``live`` may have left."""
    # Some servers store all names in lower case.
    matches = ((name, _SCRATCH.fullmatch(name)) for name in schemas)
    stem = _stem(live).lower()
    return sorted(name for name, match in matches if match and match[2] == "new" and match[1].lower() == stem)


def drill_scratch(database: str, owner: str, token: str) -> str:
    """Returns the name of a drill's scratch schema, which the privileges for a restore's scratch schemas cover.

    ``owner`` and ``token`` are hexadecimal digits; there is room for two and four.
    """
    return f"{_stem(database)}__restore_drill_{owner[:2]}{token[:4]}"


def drill_pattern(schema: str) -> str:
    """Returns the pattern for GRANT on a drill's scratch schema and all other scratch schemas of its database."""
    return quote_pattern(schema.rpartition("drill_")[0]) + "%"


def drill_leftovers(schemas: Iterable[str], schema: str) -> list[str]:
    """Returns the scratch schemas among ``schemas`` that drills with the same database and owner as that of ``schema``
    have or had."""
    names = ((name, _DRILL.fullmatch(name.lower())) for name in schemas)
    mine = _DRILL.fullmatch(schema.lower())
    return sorted(name for name, match in names if match and mine and match[1] == mine[1])


def drill_lock(schema: str) -> str:
    """Returns the name of the server lock that a drill holds for its scratch schema."""
    return f"django-rclone drill {hashlib.sha256(schema.lower().encode()).hexdigest()[:32]}"


def scratch_pattern(live: str) -> str:
    """Returns the pattern for GRANT on all scratch schemas of ``live``."""
    return quote_pattern(f"{_stem(live)}__restore_") + "%"


def lock(live: str) -> str:
    """Returns the name of the server lock that a restore of ``live`` holds."""
    return f"django-rclone restore {hashlib.sha256(live.encode()).hexdigest()[:32]}"
