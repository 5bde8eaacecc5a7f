"""A helper program: reads the beginning of a pg_dump archive on stdin and prints its contents as JSON.

    read_archive /usr/lib/postgresql/17/bin/pg_restore < app.dump

``pg_restore -l`` lists every entry, separated by blanks, which names may contain too. The script that pg_restore writes
for all entries without data has the rest (exact names, owners, and the roles in grants and policies), and needs only
the archive's head.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from django_rclone import process
from django_rclone.command import Attached, Command
from django_rclone.db import entry_point
from django_rclone.exceptions import DjangoRcloneError, ProgramFailed

_FIRST_READ = 1 << 18
# Room for 200,000 entries: a hundred times what fits into one transaction under the default settings. This much is in
# memory twice.
_LARGEST = 64 << 20
_TOO_SHORT = "end of file"
# The entries that stand for data of the archive. Their names are those of their tables, by object id.
_LISTED = re.compile(r"^(\d+); (\d+) (\d+) (.*)$", re.MULTILINE)
_DATA = re.compile(r"(TABLE DATA|BLOBS|BLOB DATA) ")
_VERSIONS = re.compile(r"^; +Dumped (from database|by pg_dump) version: (\S+)", re.MULTILINE)
_HEADING = re.compile(
    r"^--\n-- TOC entry (?P<id>\d+) \(class (?P<class>\d+) OID (?P<oid>\d+)\)\n"
    r"(?:-- Dependencies: (?P<dependencies>.*)\n)?"
    r"-- (?:Data for )?Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>.*?); Owner: (?P<owner>.*?)"
    r"(?:; Tablespace: .*)?\n(?:-- Data Pos: .*\n)?--\n",
    re.MULTILINE,
)
_CLIENT_ENCODING = re.compile(rb"^SET client_encoding = '(\w+)';$", re.MULTILINE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
# For statements with quoted names replaced by a NUL and a number: a name may contain any of these words.
_GRANTEE = re.compile(r"(?:^| )(?:TO|FROM|FOR ROLE|GRANTED BY|SESSION AUTHORIZATION) ([^\s;]+)")
_POLICY = re.compile(r"CREATE POLICY \S+ ON \S+(?: AS \w+)?(?: FOR \w+)? TO ([^\s,;]+(?:, [^\s,;]+)*)")
_PRIVILEGES = ("GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES ", "SET SESSION AUTHORIZATION ", "RESET SESSION ")
_EXTENSION = re.compile(r'^CREATE EXTENSION IF NOT EXISTS .* WITH SCHEMA ("(?:[^"]|"")*"|\S+);', re.MULTILINE)
_REFRESH = re.compile(r"^REFRESH MATERIALIZED VIEW .*;$", re.MULTILINE)
_SERVER = re.compile(
    r'^CREATE SERVER ("(?:[^"]|"")*"|\S+)(?: TYPE .*)? FOREIGN DATA WRAPPER ("(?:[^"]|"")*"|[^\s;]+)', re.MULTILINE
)
_OPTION = re.compile(r"^    (\w+) '((?:[^']|'')*)'", re.MULTILINE)
_LANGUAGE = re.compile(r"^    LANGUAGE (\S+)", re.MULTILINE)
_SIGNATURE = re.compile(r"^ALTER FUNCTION (.*) OWNER TO ", re.MULTILINE)
_SETS_PATH = re.compile(r"^    SET search_path TO ", re.MULTILINE)
# An index that depends on more than its table, a function for instance, has at least so many dependencies.
_MORE_THAN_ITS_TABLE = 2
_END = re.compile(r"^(?:-- Completed on .*\n+)?--\n-- PostgreSQL database dump complete$", re.MULTILINE)


def contents(pg_restore: str, archive: BinaryIO) -> dict[str, Any]:
    """Returns the contents of the archive. Reads at most twice the size of its table of contents.

    Raises DjangoRcloneError if that exceeds the largest size that is accepted.
    """
    head = archive.read(_FIRST_READ)
    while True:
        try:
            return describe(*_run_pg_restore(pg_restore, head))
        except ProgramFailed as failure:
            if _TOO_SHORT not in failure.stderr:
                raise
            if len(head) >= _LARGEST:
                raise DjangoRcloneError(
                    f"error: its table of contents does not end within {_LARGEST >> 20} MiB"
                ) from failure
            more = archive.read(min(len(head), _LARGEST - len(head)))
            if not more:
                raise
            head += more


def _run_pg_restore(pg_restore: str, head: bytes) -> tuple[bytes, bytes]:
    """Returns the archive's list, and the script of its entries without data."""
    env = {"LC_ALL": "C"}
    listing = process.run(Command((pg_restore, "-l", Attached(head, "head")), env=env))
    text = listing.decode("latin-1")
    without_data = "".join(f"{entry[1]};\n" for entry in _LISTED.finditer(text) if not _DATA.match(entry[4]))
    if not without_data:
        return listing, b""
    chosen = Attached(without_data.encode(), "list")
    script = process.run(Command((pg_restore, "-v", "-L", chosen, "-f", "-", Attached(head, "head")), env=env))
    return listing, script


def describe(listing: bytes, script: bytes) -> dict[str, Any]:
    """Returns the archive's versions, and its entries: id, type, schema, name, owner, dependencies, details."""
    encoding = _python_encoding(script)
    text = listing.decode(encoding, "surrogateescape")
    described = dict(_entries(script.decode(encoding, "surrogateescape")))
    tables = {entry["oid"]: entry for entry in described.values() if entry["class"] == "1259"}
    entries = []
    for number, _class, oid, rest in _LISTED.findall(text):
        entry = described.get(number)
        if entry is not None:
            values = [entry[key] for key in ("type", "schema", "name", "owner", "dependencies", "details")]
        elif (data := _DATA.match(rest)) is not None and oid in tables:
            table = tables[oid]
            values = [data[1], table["schema"], table["name"], table["owner"], [int(table["id"])], {}]
        else:
            # Rows of an extension's own table ("TABLE DATA public spatial_ref_sys postgres"), large objects
            # ("BLOBS - 16400..16402 app", before 17 "BLOBS - BLOBS "), and entries without a statement.
            type_ = data[1] if data else rest.partition(" - ")[0]
            name, _, owner = rest.removeprefix(f"{type_} ").removeprefix("- ").rpartition(" ")
            values = [type_, "", name, owner, [], {}]
        entries.append([int(number), *values])
    versions = dict(_VERSIONS.findall(text))
    return {
        "server_version": versions.get("from database", ""),
        "client_version": versions.get("by pg_dump", ""),
        "encoding": encoding,
        "entries": entries,
    }


def _entries(script: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the number of each entry, with what the verbose script has about it."""
    headings = list(_HEADING.finditer(script))
    ends = [*(heading.start() for heading in headings[1:]), len(script)]
    for heading, end in zip(headings, ends, strict=False):
        statements = script[heading.end() : end]
        entry: dict[str, Any] = heading.groupdict()
        for key in ("schema", "owner"):
            entry[key] = "" if entry[key] == "-" else entry[key]
        entry["dependencies"] = [int(number) for number in (entry["dependencies"] or "").split()]
        entry["details"] = _details(entry["type"], statements)
        if _may_be_deferred(entry, statements):
            entry["details"]["script"] = _END.split(statements)[0].strip()
        yield entry["id"], entry


def _details(type_: str, statements: str) -> dict[str, Any]:
    if type_ in ("ACL", "DEFAULT ACL"):
        lines = [f"{statement.strip()};" for statement in statements.split(";\n")]
        return {
            "statements": [[line, sorted(_roles(line, _GRANTEE))] for line in lines if line.startswith(_PRIVILEGES)]
        }
    if type_ == "EXTENSION" and (extension := _EXTENSION.search(statements)):
        return {"statement": extension[0], "schema": _unquoted(extension[1])}
    if type_ == "MATERIALIZED VIEW DATA" and (refresh := _REFRESH.search(statements)):
        return {"statement": refresh[0]}
    if type_ == "SERVER" and (server := _SERVER.search(statements)):
        return {"name": server[1], "wrapper": _unquoted(server[2]), "options": dict(_OPTION.findall(statements))}
    if type_ == "POLICY":
        return {"roles": sorted(_roles(statements, _POLICY))}
    if type_ in ("FUNCTION", "PROCEDURE") and (language := _LANGUAGE.search(statements)):
        described = {"language": _unquoted(language[1])}
        # For a function whose search path could be changed. A body may contain such a line too: the last one counts.
        owned = _SIGNATURE.findall(statements)
        if owned and described["language"] not in ("c", "internal") and not _SETS_PATH.search(statements):
            described["signature"] = owned[-1]
        return described
    if type_ == "PUBLICATION":
        return {"all_tables": " FOR ALL TABLES" in statements}
    return {}


def _may_be_deferred(entry: dict[str, Any], statements: str) -> bool:
    """Returns whether an entry is an index, or belongs to one, that may have to be created at the end."""
    if entry["type"] == "INDEX":
        return len(set(entry["dependencies"])) >= _MORE_THAN_ITS_TABLE
    # The dependencies of the index of an exclusion constraint are not in the archive.
    excludes = entry["type"] == "CONSTRAINT" and " EXCLUDE USING " in statements
    is_comment = entry["type"] == "COMMENT" and entry["name"].startswith(("INDEX ", "CONSTRAINT "))
    return excludes or is_comment or entry["type"] == "INDEX ATTACH"


def _roles(statement: str, pattern: re.Pattern[str]) -> set[str]:
    """Returns the roles in a statement where ``pattern`` matches; PUBLIC is not one."""
    names: list[str] = []

    def take(quoted: re.Match[str]) -> str:
        names.append(_unquoted(quoted[0]))
        return f"\0{len(names) - 1}"

    plain = _QUOTED.sub(take, statement)
    found = {role for group in pattern.findall(plain) for role in group.split(", ")}
    return {names[int(role[1:])] if role.startswith("\0") else role for role in found if role != "PUBLIC"}


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _python_encoding(script: bytes) -> str:
    """Returns Python's name of the encoding that the archive is written in."""
    found = _CLIENT_ENCODING.search(script)
    name = found[1].decode().replace("WIN", "cp") if found else "UTF8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "utf-8"  # SQL_ASCII, and the few that Python does not know


def main(arguments: list[str]) -> None:
    """Prints the contents of the archive on stdin."""
    (pg_restore,) = arguments
    json.dump(contents(pg_restore, sys.stdin.buffer), sys.stdout)


if __name__ == "__main__":
    sys.exit(entry_point.run(main))
