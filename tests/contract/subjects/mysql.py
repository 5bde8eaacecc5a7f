"""Schemas on MySQL and MariaDB servers for the contract."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from pymysql.connections import Connection  # type: ignore[import-untyped]

from tests.contract import mysql_support
from tests.contract.project import base_env
from tests.contract.subjects.base import ACCOUNTS, SqlSubject, run_plainly
from tests.support.servers import MysqlServer

# What an ordinary role needs to dump and to make programs in other people's names, as the README says.
_RIGHTS = {"mysql": "SHOW_ROUTINE, SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER", "mariadb": "SET USER"}


class Mysql(SqlSubject):
    """A schema on a MySQL or MariaDB server, and a role that has all rights on it and on its scratch schemas."""

    TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    RIGHT_TO_DEFINERS: ClassVar = {"mysql": "SET_ANY_DEFINER, ALLOW_NONEXISTENT_DEFINER", "mariadb": "SET USER"}
    PASSWORD = "own's p@ss:w/rd\\ \"0\" # canary'"

    def __init__(self, server: MysqlServer, name: str) -> None:
        self.server = server
        self.name = name
        self.role = f"{name}_role"
        self.extra: list[str] = []
        self.dumper = ("--single-transaction", "--skip-triggers", "--hex-blob")
        self.client = ("--init-command", "--binary-mode")
        server.query("SET GLOBAL log_bin_trust_function_creators = 1")
        server.query(f"ALTER DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE USER {self.role} IDENTIFIED BY {connection.escape(self.PASSWORD)}")
        self.grant("ALL", name)
        server.query(f"GRANT ALL ON `{_pattern(name)}\\_\\_restore\\_%`.* TO {self.role}")
        server.query(f"GRANT {_RIGHTS[server.flavour]} ON *.* TO {self.role}")

    def grant(self, privileges: str, schema: str) -> None:
        """Gives the role rights on a schema."""
        self.server.query(f"GRANT {privileges} ON `{_pattern(schema)}`.* TO {self.role}")

    def close(self) -> None:
        """Drops what the test made on the server beside the schema itself."""
        for extra in [*self.extra, *self.scratch()]:
            self.server.query(f"DROP DATABASE IF EXISTS `{extra}`")
        self.others_may_restore()
        self.server.query(f"DROP USER {self.role}")

    def scratch(self) -> list[str]:
        """The scratch schemas that restores have left."""
        query = (
            f"SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE '{self.name}\\_\\_restore%'"
        )
        return [name for (name,) in self.server.query(query)]

    def moved_out(self) -> bool:
        """Whether a swap has moved the live tables out of the way."""
        pattern = f"{self.name}\\_\\_restore\\_old%"
        query = f"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema LIKE '{pattern}'"
        return bool(self.server.query(query)[0][0])

    def sessions(self) -> list[str]:
        """What the role's sessions are doing."""
        query = f"SELECT IFNULL(info, '') FROM information_schema.processlist WHERE user = '{self.role}'"
        return [text for (text,) in self.server.query(query)]

    def plain_dump(self) -> bytes:
        """A dump as django-rclone 0.4 made it."""
        dumper = mysql_support.DUMP[self.server.flavour][0]
        user = f"--user={self.server.user}"
        return self._program(dumper, "--quick", user, self.name, password=self.server.password)

    @property
    def database(self) -> dict[str, Any]:
        return {**self.server.settings(self.name), "USER": self.role, "PASSWORD": self.PASSWORD}

    @property
    def options(self) -> dict[str, Any]:
        return {"DATABASE_OPTIONS": {"default": {"BINARY_DIR": str(self.server.client_dir)}}}

    def connect(self, into: str = "", **options: Any) -> Connection[Any]:
        """A connection of the role."""
        return self.server.connect(into or self.name, user=self.role, password=self.PASSWORD, **options)

    def execute(self, statement: str, into: str = "") -> list[tuple[Any, ...]]:
        with self.connect(into) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    def fill_with_everything(self) -> None:
        self.server.query("CREATE USER IF NOT EXISTS somebody")
        self.grant_to_somebody()
        self.script(mysql_support.nasty(self.server.flavour))

    def grant_to_somebody(self) -> None:
        """Views and routines of another definer work only with rights of his."""
        self.server.query(f"GRANT ALL ON `{_pattern(self.name)}`.* TO somebody")

    def change_everything(self) -> None:
        self.script(mysql_support.LATER_CHANGES)

    def script(self, text: str, into: str = "") -> None:
        """Runs a script as the role, through the client."""
        self._program(
            *(self.server.flavour, "--default-character-set=utf8mb4", f"--user={self.role}", into or self.name),
            data=text,
            password=self.PASSWORD,
        )

    def fingerprint(self, into: str = "") -> str:
        name = into or self.name
        dumper, *flags = mysql_support.DUMP[self.server.flavour]
        dump = self._program(dumper, *flags, f"--user={self.server.user}", "--", name, password=self.server.password)
        tables = self.server.query(
            "SELECT table_name FROM information_schema.tables WHERE table_type NOT IN ('VIEW', 'SEQUENCE') "
            # A checksum of MySQL's sees the hidden column of an index over JSON, which is not always the same.
            f"AND table_schema = '{name}' AND table_name <> 'only_here' ORDER BY BINARY table_name"
        )
        with self.server.connect(name) as connection, connection.cursor() as cursor:
            sums = []
            for (table,) in tables:
                cursor.execute(f"CHECKSUM TABLE `{table.replace('`', '``')}`")
                sums.append((table, cursor.fetchall()[0][1]))
        defaults = self.server.query(
            "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
            f"WHERE schema_name = '{name}'"
        )
        return f"{mysql_support.normalised(dump.decode(errors='backslashreplace'), name)}\n{sums}\n{defaults}"

    def _program(self, name: str, *arguments: str, password: str, data: str = "") -> bytes:
        program, address = str(self.server.client_dir / name), f"--host={self.server.host}"
        done = subprocess.run(
            [program, "--no-defaults", address, f"--port={self.server.port}", *arguments],
            input=data.encode(),
            env={**base_env(), "MYSQL_PWD": password},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def beside(self) -> str:
        # mariadb-dump cannot dump events from a schema with such a quotation mark in its name.
        word = '"beside"' if self.server.flavour == "mysql" else "beside"
        self.extra.append(f"{self.name} {word}")
        self.grant("ALL", self.extra[-1])
        return self.extra[-1]

    def by_hand(self, command: str) -> str:
        self.extra.append(self.restored_alone(self.server.port))
        self.grant("ALL", "restored")
        environment = {**base_env(), "MYSQL_PWD": self.PASSWORD}
        environment["PATH"] = f"{self.server.client_dir}:{environment['PATH']}"
        run_plainly(command, environment, Path("/"))
        return self.fingerprint("restored")

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        with self.connect(autocommit=False) as connection, connection.cursor() as cursor:

            def transfer() -> None:
                a, b = random.sample(range(ACCOUNTS), 2)
                connection.begin()
                cursor.execute("UPDATE account SET balance = balance - 1 WHERE id = %s", (a,))
                cursor.execute("UPDATE account SET balance = balance + 1 WHERE id = %s", (b,))
                connection.commit()

            yield transfer


def _pattern(name: str) -> str:
    return name.replace("_", "\\_").replace("%", "\\%")
