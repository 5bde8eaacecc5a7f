"""The MySQL and MariaDB servers that other tests stand on do what they are trusted with."""

import os
import subprocess

import pymysql
import pytest
from testcontainers.community.mysql import MySqlContainer

from tests.support.images import image
from tests.support.servers import MysqlServer, containers, start_mysql
from tests.support.servers.mysql import VERSIONS
from tests.support.servers.ports import LOOPBACK

pytestmark = pytest.mark.exhaustive  # of the tests' own servers

# What a dump would say of the server's own transactions, that server refuses to hear again.
DUMP = {"mysql": ("mysqldump", "--set-gtid-purged=OFF"), "mariadb": ("mariadb-dump",)}


@pytest.fixture(params=["mysql", "mariadb"])
def server(request, mysql):
    return mysql(request.param)


def run(server: MysqlServer, program: str, *arguments: str, script: str = "", check: bool = True):
    address = [f"--host={server.host}", f"--port={server.port}", f"--user={server.user}"]
    command = [server.client_dir / program, "--no-defaults", *address, *arguments]
    environment = {**os.environ, "MYSQL_PWD": server.password}
    return subprocess.run(command, input=script, env=environment, capture_output=True, text=True, check=check)


def test_server_and_clients_are_of_the_flavour_and_version_that_was_asked_for(server):
    version = VERSIONS[server.flavour]
    [(of_server,)] = server.query("SELECT version()")
    assert of_server.startswith(f"{version}.")
    assert ("MariaDB" in of_server) == (server.flavour == "mariadb")
    assert run(server, server.flavour, "--batch", "--skip-column-names", script="SELECT version()").stdout == (
        f"{of_server}\n"
    )
    assert version in run(server, DUMP[server.flavour][0], "--version").stdout


def test_a_dump_comes_back_in_another_schema(server):
    table = "CREATE TABLE t (n int PRIMARY KEY, twice int AS (2 * n) STORED, `ü` varchar(9) CHARACTER SET cp1250)"
    with server.database() as one, server.database() as other:
        server.query(table, one)
        server.query("INSERT INTO t (n, `ü`) VALUES (1, 'ž'), (2, NULL)", one)
        dumped = run(server, *DUMP[server.flavour], "--single-transaction", one)
        run(server, server.flavour, other, script=dumped.stdout)
        assert server.query("SELECT * FROM t ORDER BY n", other) == [(1, 2, "ž"), (2, 4, None)]


def test_a_wrong_password_is_refused(server):
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        server.connect(password="wrong")
    assert "Access denied" in run(server, server.flavour, "--user=nobody", check=False).stderr


def test_an_ordinary_account_sees_its_schema_alone(server):
    with server.database() as own, server.database() as other:
        server.query(f"CREATE USER {own}@'%' IDENTIFIED BY 'p'")
        server.query(f"GRANT ALL ON {own}.* TO {own}@'%'")
        with server.connect(own, user=own, password="p") as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (n int)")
            with pytest.raises(pymysql.OperationalError, match="denied"):
                cursor.execute(f"USE {other}")
        server.query(f"DROP USER {own}@'%'")


def test_clients_speak_to_the_server_in_secret(server):
    assert run(server, server.flavour, script="SHOW STATUS LIKE 'Ssl_cipher'").stdout.split()[-1].startswith("TLS")


def test_mysql_writes_a_binary_log_with_gtids(mysql9):
    assert mysql9.query("SELECT @@log_bin, @@gtid_mode") == [(1, "ON")]


@pytest.mark.parametrize("flavour", ["mysql", "mariadb"])
def test_an_image_makes_an_account_and_a_schema_of_its_own_and_runs_first_scripts(flavour, tmp_path):
    (tmp_path / "first.sql").write_text("CREATE TABLE seeded SELECT 1 AS n;")
    password = "it's a \\ \"p`ss"
    account = {"username": "app", "password": password, "dbname": "my_app"}
    container = MySqlContainer(image(flavour, VERSIONS[flavour]), **account, seed=str(tmp_path))
    containers.prepare()
    containers.own(container)
    with container:
        port = int(container.get_exposed_port(3306))
        with pymysql.connect(host=LOOPBACK, port=port, user="app", password=password, database="my_app") as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT n FROM seeded")
            assert cursor.fetchall() == ((1,),)


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def alone(request):
    """A server that no other test asks."""
    with start_mysql(request.param, "max_connections=17") as server:
        yield server


def test_a_killed_server_comes_back_on_the_same_port_with_its_data(alone):
    assert alone.query("SELECT @@max_connections") == [(17,)]
    alone.query("CREATE TABLE kept SELECT 1 AS n", "admin")
    alone.kill()
    with pytest.raises(pymysql.OperationalError):
        alone.connect()
    alone.restart()
    assert alone.query("SELECT n FROM kept", "admin") == [(1,)]


def test_a_paused_server_goes_on_where_it_was(alone):
    with alone.connect() as connection, connection.cursor() as cursor:
        alone.pause()
        try:
            with pytest.raises(pymysql.OperationalError):
                alone.connect(connect_timeout=1, read_timeout=1)
        finally:
            alone.unpause()
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == ((1,),)
