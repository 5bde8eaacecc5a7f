"""PostgreSQL and PostGIS: pg_dump's custom format, restored in one transaction."""

from __future__ import annotations

import copy
import dataclasses
import shlex
from collections.abc import Sequence
from functools import cached_property
from typing import Self

from django_rclone.command import Attached, Command
from django_rclone.db.base import BaseConnector, Dump, Facts, Mode, ReadCheck, RestorePlan, Scratch
from django_rclone.db.client_programs import Client
from django_rclone.db.fingerprint_programs import fingerprint_command
from django_rclone.db.helper_programs import module_command
from django_rclone.db.postgresql import archive as postgresql_archive
from django_rclone.db.postgresql import clients, extension_rows, preflight, probe_output, session_settings
from django_rclone.db.postgresql import facts as postgresql_facts
from django_rclone.db.postgresql import scratch as postgresql_scratch
from django_rclone.db.postgresql.connection import Connection, connection
from django_rclone.db.postgresql.errors import archive_explainer, explainer, query_explainer
from django_rclone.db.postgresql.psql import SQL, Psql
from django_rclone.db.postgresql.restore import plan
from django_rclone.db.postgresql.temporary_grants import not_revoked, revoke
from django_rclone.db.scratch_names import scratch_name
from django_rclone.display import enumerate_some
from django_rclone.exceptions import ConfigurationError
from django_rclone.layout.manifest import Manifest

_LOCK_WAIT = "5min"
"""The time that pg_dump waits for a table that another session alters."""


class PgDumpConnector(BaseConnector):
    """PostgreSQL through ``pg_dump``, ``pg_restore`` and ``psql`` of one version, none older than the server."""

    option_names = frozenset({"BINARY_DIR"})

    @property
    def engine(self) -> str:
        return "postgresql"

    @property
    def name(self) -> str:
        parameters = self.connection.parameters
        return parameters.get("dbname") or parameters["service"]

    @cached_property
    def connection(self) -> Connection:
        """The connection that Django would make. Raises ConfigurationError if the clients cannot make it."""
        found = connection(self.alias, self.settings)
        if found.unsafe:
            raise ConfigurationError(
                f'Database "{self.alias}": OPTIONS {", ".join(found.unsafe)} cannot be passed to pg_dump without '
                "exposing it to all users of this machine. Use a key without a password in a file with mode 0600."
            )
        return found

    @property
    def administrator(self) -> tuple[str, str] | None:
        """Name and password of a user who may create extensions; None if there is none."""
        return None

    def check(self) -> list[str]:
        # Building the connection is the check.
        return [*self.unknown_options(), *self.problems_of(lambda: self.connection.conninfo)]

    def hindrances(self) -> list[str]:
        return self.problems_of(lambda: clients.newest_client(self.alias, self._binary_dir))

    def probe(self) -> Command:
        client = clients.newest_client(self.alias, self._binary_dir)
        return self._psql(client).in_default_session(self.connection, "-f", str(SQL / "probe.sql"))

    def facts(self, output: str) -> Facts:
        return probe_output.parse(output)

    def unfinished(self, facts: Facts) -> tuple[Command, ...]:
        temporary_grants = list(not_revoked(postgresql_facts.live(facts)))
        if not temporary_grants or self.administrator is None:
            return ()
        client = clients.newest_client(self.alias, self._binary_dir)
        administrator = self.connection.as_user(*self.administrator)
        return (self._psql(client).in_isolated_session(administrator, *revoke(temporary_grants)),)

    def dump(self, facts: Facts) -> Dump:
        live = postgresql_facts.live(facts)
        if live.row_security and not live.bypasses_row_security:
            raise ConfigurationError(
                f'Database "{self.alias}": row-level security hides rows of '
                f'{enumerate_some(live.row_security)} from role "{live.role}", and a dump without them '
                f'would be incomplete. Give the role BYPASSRLS: ALTER ROLE "{live.role}" BYPASSRLS;'
            )
        client = clients.for_server(self.alias, self._binary_dir, live.major, live.short_version)
        compress, compression = self._compression(client)
        role = (f"--role={self.connection.role}",) if self.connection.role else ()
        command = Command(
            (
                *(client.path, "--format=custom", compress, "--no-password", f"--lock-wait-timeout={_LOCK_WAIT}"),
                # The database's encoding, whatever the role's is: nothing is converted.
                *(f"--encoding={live.encoding}", *role, f"--dbname={self.connection.conninfo}"),
            ),
            env=self.connection.env,
            inherit=self.connection.inherit,
            explain=explainer(self.alias, self.connection.location),
        )
        return Dump(
            command,
            *("dump", "custom", f"pg_dump {client.version}", compression),
            notes=(
                *session_settings.dump_notes(live),
                *preflight.dump_notes(live),
                *extension_rows.dump_notes(live),
            ),
            session={**session_settings.recorded_settings(live), **extension_rows.recorded_rows(live)},
        )

    def restore_hindrances(self, facts: Facts) -> list[str]:
        return preflight.restore_problems(postgresql_facts.live(facts))

    def _compression(self, client: Client) -> tuple[str, str]:
        """Returns pg_dump's argument, and its compression for the manifest; empty: the recipe compresses."""
        method, level = self.compression
        if method == "zstd" and clients.has_zstd(client):
            return f"--compress=zstd:{level}", f"zstd:{level}"
        if method == "gzip":
            return f"--compress={level}", f"gzip:{level}"
        return "--compress=0", ""

    def contents(self, manifest: Manifest) -> Command | None:
        client = self._archive_client(manifest, 0, "")
        program = "django_rclone.db.postgresql.programs.read_archive"
        return module_command(program, client.companion("pg_restore"), explain=archive_explainer(self.alias))

    def read_check(self, manifest: Manifest) -> ReadCheck:
        client = self._archive_client(manifest, 0, "")
        # It writes the complete script, and so decompresses all data.
        argv = (client.companion("pg_restore"), "-f", "/dev/null")
        explain = archive_explainer(self.alias)
        return ReadCheck((Command(argv, env={"LC_ALL": "C"}, explain=explain),))

    def restore(self, facts: Facts, manifest: Manifest, mode: Mode, contents: str = "") -> RestorePlan:
        live = postgresql_facts.live(facts)
        archive = postgresql_archive.parse(contents) if contents else None
        client = self._archive_client(manifest, live.major, live.short_version)
        psql = dataclasses.replace(
            self._psql(client, live.encoding, terminating=mode.terminate_sessions), session=manifest.session
        )
        planned, left_out = plan(psql, live, mode, archive)
        if archive is None or not left_out:
            return planned
        chosen = ("-L", postgresql_scratch.listing(archive, left_out))
        return dataclasses.replace(planned, fingerprint=self._fingerprint(manifest, *chosen))

    def fingerprint(self, manifest: Manifest) -> tuple[Command, ...] | None:
        return self._fingerprint(manifest)

    def _fingerprint(self, manifest: Manifest, *chosen: str | Attached) -> tuple[Command, ...]:
        client = self._archive_client(manifest, 0, "")
        # Roles, privileges and tablespaces belong to the server. A restore leaves subscriptions as they are.
        left_out = ("--no-owner", "--no-privileges", "--no-tablespaces", "--no-subscriptions")
        script = Command(
            (client.companion("pg_restore"), *left_out, *chosen, "-f", "-"),
            env={"LC_ALL": "C"},
            explain=archive_explainer(self.alias),
        )
        return script, fingerprint_command(self.alias, "postgresql")

    def dump_restored(self, facts: Facts, manifest: Manifest) -> Dump:
        # A new database has no settings of ALTER DATABASE, and another server may have other ones.
        settings = session_settings.printing(manifest.session)
        return self._with(self.connection.with_settings(settings)).dump(facts)

    def _with(self, changed: Connection) -> Self:
        """Returns this connector with another connection."""
        again = copy.copy(self)
        again.connection = changed
        return again

    def scratch(self, owner: str, token: str, size: int) -> Scratch:  # noqa: ARG002 - the server has the space
        name = scratch_name(self.name, owner, token, postgresql_scratch.LONGEST_NAME)
        target = self.connection.to_database(name)
        psql = self._psql(clients.newest_client(self.alias, self._binary_dir))
        return Scratch(
            server=self,
            into=name,
            restored=self._with(target),
            where=target.location,
            sweep=postgresql_scratch.sweep(psql, self.name, owner),
            claim=postgresql_scratch.claim(psql, name),
            drop=postgresql_scratch.drop(psql, name),
        )

    def prints_alike(self, version: str, other: str) -> bool:
        return version.partition(".")[0] == other.partition(".")[0]

    def query(self, sql: str) -> Command:
        psql = self._psql(clients.newest_client(self.alias, self._binary_dir))
        read_only = ("-c", "SET default_transaction_read_only = on")
        command = psql.in_default_session(self.connection, *read_only, "-F", "\t", "-c", sql)
        return dataclasses.replace(command, explain=query_explainer(self.alias))

    def restore_by_hand(self, object_command: str) -> str:
        return self._by_hand(object_command, self.connection, (), ("--no-owner",))

    def _by_hand(
        self, object_command: str, connection: Connection, create: Sequence[str], restore: Sequence[str]
    ) -> str:
        flags = (("host", "--host"), ("port", "--port"), ("user", "--username"))
        where = [f"{flag}={value}" for key, flag in flags if (value := connection.parameters.get(key))]
        return (
            f"{shlex.join(['createdb', *where, *create, '--template=template0', 'restored'])} && {object_command} | "
            f"{shlex.join(['pg_restore', *where, *restore])} --exit-on-error --single-transaction --dbname=restored"
        )

    def _archive_client(self, manifest: Manifest, major: int, server_version: str) -> Client:
        """Returns programs that can read the archive. Without a manifest it is not known which version wrote it."""
        program, _, version = manifest.client.partition(" ")
        written_by = version.partition(".")[0]
        if program == "pg_dump" and written_by.isdigit():
            return clients.for_archive(self.alias, self._binary_dir, int(written_by), major, server_version)
        newest = clients.newest_client(self.alias, self._binary_dir)
        return clients.for_archive(self.alias, self._binary_dir, newest.major, major, server_version)

    def _psql(self, client: Client, encoding: str = "UTF8", *, terminating: bool = False) -> Psql:
        explain = explainer(self.alias, self.connection.location, terminating=terminating)
        return Psql(self.alias, self.connection, client, explain, encoding, administrator=self.administrator)


class PgDumpGisConnector(PgDumpConnector):
    """PostGIS: like PostgreSQL, with an administrator who creates the extension where the role may not."""

    @property
    def administrator(self) -> tuple[str, str] | None:
        if user := self.settings.get("ADMIN_USER"):
            return str(user), str(self.settings.get("ADMIN_PASSWORD") or "")
        return None

    def restore_by_hand(self, object_command: str) -> str:
        if self.administrator is None:
            return super().restore_by_hand(object_command)
        # The administrator creates the extension, writes its tables, and restores the owners of everything else.
        role = self.connection.role or self.connection.parameters.get("user")
        owner = (f"--owner={role}",) if role else ()
        return self._by_hand(object_command, self.connection.as_user(*self.administrator), owner, ())
