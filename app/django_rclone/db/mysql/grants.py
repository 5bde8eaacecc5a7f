"""The privileges of a role, read from SHOW GRANTS. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django_rclone.db.mysql.quoting import quote_pattern

_GRANT = re.compile(r"GRANT (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)+`)\.(\*) TO ", re.DOTALL)
_HASH = re.compile(r" IDENTIFIED (?:BY|VIA) .*$", re.DOTALL)
_ALL = "ALL PRIVILEGES"
REQUIRED_TO_DUMP = ("SELECT", "SHOW VIEW", "TRIGGER", "EVENT")
"""Without the first two a dump fails; without the other two it silently lacks triggers and events."""
SETS_DEFINERS = {
    "mysql": ("SET_ANY_DEFINER", "SET_USER_ID", "SUPER"),
    "mariadb": ("SET USER", "SUPER"),
}
"""Any of these lets a role create stored objects with another definer."""


@dataclass(frozen=True, slots=True)
class Grants:
    """The privileges of a role."""

    everywhere: frozenset[str]
    by_pattern: tuple[tuple[str, frozenset[str]], ...]
    by_other_roles: bool
    """Whether the role has other roles, whose privileges are not listed: it may have more than these."""

    def on(self, schema: str) -> frozenset[str]:
        """Returns the privileges on everything in a schema."""
        found = set(self.everywhere)
        for pattern, privileges in self.by_pattern:
            if _matches(pattern, schema):
                found |= privileges
        return frozenset(found)

    def lacking(self, schema: str, privileges: Iterable[str]) -> list[str]:
        """Returns which of these privileges on a schema the role certainly lacks."""
        granted = self.on(schema)
        return [] if _ALL in granted or self.by_other_roles else [name for name in privileges if name not in granted]

    def certainly_lacks(self, *anywhere: str) -> bool:
        """Returns whether the role certainly lacks all of these server-wide privileges."""
        return not (self.by_other_roles or _ALL in self.everywhere or self.everywhere & set(anywhere))


def parse(lines: Iterable[str]) -> Grants:
    """Returns the privileges that the lines of SHOW GRANTS give."""
    everywhere: set[str] = set()
    by_pattern: list[tuple[str, frozenset[str]]] = []
    roles = False
    for line in lines:
        match = _GRANT.match(line)
        if match is None:
            # GRANT `role`@`%` TO …; privileges on single tables and columns do not matter here.
            roles = roles or (line.startswith("GRANT ") and " ON " not in line)
            continue
        privileges = frozenset(part.strip() for part in match[1].split(","))
        if match[2] == "*":
            everywhere |= privileges
        else:
            by_pattern.append((match[2][1:-1].replace("``", "`"), privileges))
    return Grants(frozenset(everywhere), tuple(by_pattern), roles)


def without_password_hash(line: str) -> str:
    """Returns a line of SHOW GRANTS without the password's hash, which MariaDB shows."""
    head, to, account = line.rpartition(" TO ")
    return f"{head}{to}{_HASH.sub('', account)}"


def account(user: str) -> str:
    """Returns the output of CURRENT_USER() as GRANT takes it."""
    name, _, host = user.rpartition("@")
    return f"`{name.replace('`', '``')}`@`{host.replace('`', '``')}`"


def grant_statement(privileges: Iterable[str], schema: str, user: str) -> str:
    """Returns the statement that grants a role privileges on a schema."""
    return f"GRANT {', '.join(privileges)} ON `{quote_pattern(schema).replace('`', '``')}`.* TO {account(user)};"


def _matches(pattern: str, schema: str) -> bool:
    expression = re.sub(
        r"\\(.)|(%)|(_)|(.)",
        lambda part: ".*" if part[2] else "." if part[3] else re.escape(part[1] or part[4]),
        pattern,
        flags=re.DOTALL,
    )
    return re.fullmatch(expression, schema, re.DOTALL | re.IGNORECASE) is not None
