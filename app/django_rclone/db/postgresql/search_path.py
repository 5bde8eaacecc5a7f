"""The search path of a restore: the application's; for superusers without schemas that hold objects of others. Pure.

pg_dump runs with an empty search path and qualifies the names that it prints. Two kinds of names it cannot qualify:
those in functions' bodies, which generated columns, checks, indexes and materialized views run while they are restored;
and operators in IS DISTINCT FROM, NULLIF, CASE x WHEN and comparisons of rows. So the restore uses the application's
search path. A restore by a superuser leaves out schemas that hold objects of other roles: such a role could add a
function that the superuser then runs (CVE-2018-1058).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django_rclone.db.postgresql.archive import Archive
from django_rclone.db.postgresql.facts import LiveDatabase
from django_rclone.db.postgresql.quoting import quote_name
from django_rclone.exceptions import ConfigurationError

_SEARCH_PATH, _TRUSTED_SEARCH_PATH = "search_path", "trusted_search_path"
# The output of ``_path``. A manifest may have been tampered with, and psql would run what follows a name.
_PATH = re.compile(r'(?:"(?:[^"]|"")+", )*pg_temp')


def recorded(live: LiveDatabase) -> dict[str, str]:
    """Returns the search path that a backup records, and the trusted one where it differs."""
    found = {_SEARCH_PATH: _path(schema.schema for schema in live.search_path)}
    if any(schema.of_others for schema in live.search_path):
        found[_TRUSTED_SEARCH_PATH] = _path(schema.schema for schema in live.search_path if not schema.of_others)
    return found


def for_restore(session: Mapping[str, str], live: LiveDatabase, archive: Archive | None) -> str:
    """Returns the search path of the restore: the recorded one, or the one that this role's sessions have here.

    Raises ConfigurationError if the recorded one is not a list of schemas.
    """
    trusted_only = live.superuser
    if _SEARCH_PATH in session:
        recorded = session.get(_TRUSTED_SEARCH_PATH) if trusted_only else None
        path = session[_SEARCH_PATH] if recorded is None else recorded
        if not _PATH.fullmatch(path):
            raise ConfigurationError(
                "The manifest's session has a search path that is not a list of schemas. Choose another backup."
            )
        return path
    names = [schema.schema for schema in live.search_path] or ["public"]
    if trusted_only and archive is not None:
        names = [name for name in names if not archive.owners_in(name) - _trusted(live, archive)]
    return _path(names)


def _trusted(live: LiveDatabase, archive: Archive) -> set[str]:
    # The owner of most objects is the application's role.
    owner = str(live.database.get("owner", ""))
    return {live.role, owner, "pg_database_owner", archive.main_owner, *live.superusers}


def _path(names: Iterable[str]) -> str:
    # Unless it is listed, pg_temp is searched first.
    return ", ".join([*(quote_name(name) for name in names), "pg_temp"])
