"""MySQL and MariaDB: TLS that was asked for, and a server that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.project import Project, Storage
from tests.contract.subjects.mysql import Mysql
from tests.servers import start_mysql

_WITHOUT_TLS = {"mysql": "tls_version=", "mariadb": "skip_ssl"}
ASKING: tuple[dict[str, Any], ...] = (
    {"ssl_mode": "REQUIRED"},
    {"ssl-mode": "required"},
    {"ssl": True},
    {"ssl": {"ca": "/nowhere/ca.pem"}},
    {"read_default_file": "my.cnf"},
)


@pytest.mark.parametrize("flavour", ["mysql", "mariadb"])
def test_a_server_without_tls_gets_no_password_from_a_role_that_asks_for_it(
    flavour: str, local: Storage, tmp_path: Path
):
    with start_mysql(flavour, _WITHOUT_TLS[flavour]) as server, server.database() as name:
        schema = Mysql(server, name)
        schema.fill_simply()
        (tmp_path / "my.cnf").write_text("[client]\nssl-mode = REQUIRED\n")
        for asking in ASKING:
            options = {key: str(tmp_path / value) if value == "my.cnf" else value for key, value in asking.items()}
            project = Project({"default": {**schema.database, "OPTIONS": options}}, local, schema.options)
            done = project.run("dbbackup")
            assert done.code == 2, (asking, done.err)
            assert "TLS" in done.error
        assert local.files() == []
        project = Project({"default": {**schema.database, "OPTIONS": {"ssl_mode": "PREFERRED"}}}, local, schema.options)
        if flavour == "mariadb":  # MySQL's accounts send a password by TLS only, unless it is in the server's memory
            project.ok("dbbackup")
        schema.close()


def test_a_role_that_asks_for_tls_gets_it(schema: Mysql, local: Storage):
    schema.fill_simply()
    schema.server.query(f"ALTER USER {schema.role} REQUIRE SSL")
    for options in ({"ssl_mode": "REQUIRED"}, {"ssl-mode": "REQUIRED"}, {"ssl": True}, {}):
        project = Project({"default": {**schema.database, "OPTIONS": options}}, local, schema.options)
        project.ok("dbbackup")
        schema.lose_words(1)
        project.restore()
        assert len(schema.words()) == 3
    refused = Project({"default": {**schema.database, "OPTIONS": {"ssl_disabled": True}}}, local, schema.options)
    assert refused.run("dbbackup").code == 2
