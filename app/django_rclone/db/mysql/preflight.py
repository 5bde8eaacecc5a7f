"""The checks before a restore and before its swap, and the notes in its plan. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from django_rclone import setting_names
from django_rclone.db.mysql import grants
from django_rclone.db.mysql.facts import LiveDatabase
from django_rclone.db.mysql.grants import SETS_DEFINERS, account
from django_rclone.db.mysql.names import drill_pattern, scratch, scratch_pattern
from django_rclone.db.restore_mode import Mode
from django_rclone.display import enumerate_some

# "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/", "/*!50013 DEFINER=`root`@`%` SQL SECURITY …", "CREATE DEFINER=`…"
_DEFINER = re.compile(
    rb"^(?:/\*!\d+ CREATE ?\*/ |/\*!\d+ )?[^'\n]{0,40}DEFINER=(`(?:[^`]|``)*`@`(?:[^`]|``)*`)", re.MULTILINE
)
_FUNCTION = re.compile(rb"^(?:/\*!\d+ )?CREATE(?:\*/ /\*!\d+)? DEFINER=[^\n]* FUNCTION ", re.MULTILINE)


def problems(live: LiveDatabase, mode: Mode) -> Iterator[str]:
    """Yields why a restore cannot work, one or two sentences each."""
    if live.read_only:
        yield "this server is read-only. Restore on the primary."
    if live.referrers and not mode.into:
        yield (
            f"foreign keys of other schemas refer to this one ({enumerate_some(live.referrers)}) and would follow the "
            "old tables. Drop them, and create them again afterwards; or restore with --into."
        )
    if mode.into and mode.in_place:
        yield "--into and --in-place exclude each other."
    if mode.drill:
        yield from _drill_problems(live, mode.into)
    elif mode.into and live.schemas.get(mode.into):
        yield f"the schema {mode.into} is not empty. Name one that is empty or does not exist."


def _drill_problems(live: LiveDatabase, schema: str) -> Iterator[str]:
    if schema.lower() in {name.lower() for name in live.schemas}:
        yield f"the scratch schema {schema} already exists. Try again."
    if live.rights.lacking(schema, ("CREATE",)):
        pattern = drill_pattern(schema).replace("`", "``")
        yield (
            f"the role may not create the scratch schema of a drill. As an administrator, run: GRANT ALL ON "
            f"`{pattern}`.* TO {account(live.user)}; or set {setting_names.current().setting('DRILL_DATABASE')} to an "
            "empty server for drills."
        )


def restore_problems(live: LiveDatabase, name: str) -> Iterator[str]:
    """Yields why a restore over the live schema would fail, as far as is known without a backup."""
    yield from problems(live, Mode())
    if live.rights.lacking(scratch(name, "0" * 8), ("CREATE",)):
        yield (
            "the role may not create the scratch schema that a restore loads into. As an administrator, "
            f"run: {_scratch_grant(live, name)}"
        )


def stored_object_problems(live: LiveDatabase, texts: Mapping[str, bytes], parts: Iterable[str]) -> Iterator[str]:
    """Yields why this role could not create the stored objects of a dump."""
    chosen = {part: texts[part] for part in parts if texts.get(part)}
    definers = {match.decode() for text in chosen.values() for match in _DEFINER.findall(text)}
    foreign = sorted(definers - {account(live.user)})
    rights = SETS_DEFINERS[live.flavour]
    if foreign and live.rights.certainly_lacks(*rights):
        yield (
            f"the backup has stored objects of other definers ({enumerate_some(foreign)}), which this role may not "
            f"create. As an administrator, run: GRANT {rights[0]} ON *.* TO {account(live.user)};"
        )
    logged = "triggers" in chosen or any(_FUNCTION.search(text) for text in chosen.values())
    if logged and live.log_bin and not live.trusts_creators and live.rights.certainly_lacks("SUPER"):
        yield (
            "the server writes a binary log and does not let this role create triggers and functions. As an "
            "administrator, run: SET GLOBAL log_bin_trust_function_creators = 1;"
        )


def notes(live: LiveDatabase, mode: Mode) -> Iterator[str]:
    """Yields what will not be exact, and what the user should know before confirming."""
    if mode.in_place:
        yield (
            "--in-place: the backup is read and verified as a whole first, and then loaded over the live tables. If "
            "anything fails then, the schema is left half restored: repeat the command."
        )
    if mode.into and live.events:
        yield "Events of the backup run in the copy too, where the server's event scheduler is on."
    if mode.into:
        yield "Stored objects of the backup that name their schema still refer to the live one."
    elif live.sessions:
        yield _about_sessions(live, mode)


def _about_sessions(live: LiveDatabase, mode: Mode) -> str:
    listed = enumerate_some(session.described for session in live.sessions)
    connected = "Another session is" if len(live.sessions) == 1 else f"{len(live.sessions)} other sessions are"
    if mode.terminate_sessions:
        return f"{connected} connected and will be ended as far as this role may: {listed}."
    return f"{connected} connected ({listed}): stop the application first, or add --terminate-sessions."


def cannot_create_scratch(live: LiveDatabase, schema: str, live_schema: str) -> str:
    """Returns the error for a role that may not create the scratch schema of a restore."""
    return (
        f"the role may not create the scratch schema {schema}, which a restore loads into. As an "
        f"administrator, run: {_scratch_grant(live, live_schema)} Or restore with --in-place, which is riskier: if it "
        "fails half-way, the schema is left half restored. Nothing was changed."
    )


def _scratch_grant(live: LiveDatabase, name: str) -> str:
    return f"GRANT ALL ON `{scratch_pattern(name).replace('`', '``')}`.* TO {account(live.user)};"


def cannot_create_schema(live: LiveDatabase, schema: str) -> str:
    """Returns the error for a role that may not create the schema that --into names."""
    grant = grants.grant_statement(["ALL"], schema, live.user)
    return f"the role may not create the schema {schema}. As an administrator, run: {grant} Nothing was changed."
