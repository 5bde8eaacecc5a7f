"""Which client programs serve which MySQL or MariaDB server."""

from pathlib import Path

import pytest

from django_rclone.db.mysql import clients
from django_rclone.db.mysql.clients import flavour_of, numbers
from django_rclone.db.mysql.handshake import Greeting, parse
from django_rclone.exceptions import ConfigurationError

MYSQL_8 = "mysql  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)"
MYSQL_9 = "/opt/my-5.7/bin/mysql  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"
MARIADB_10 = "mysql  Ver 15.1 Distrib 10.6.18-MariaDB, for debian-linux-gnu (x86_64) using  EditLine wrapper"
MARIADB_11 = "mariadb from 11.8.6-MariaDB, client 15.2 for debian-linux-gnu (x86_64) using  EditLine wrapper"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts clients on an otherwise empty PATH, each in a folder of its own."""
    monkeypatch.setattr(clients, "FOLDERS", ())
    # What the clients' scripts need, and not what else this machine has in /usr/bin.
    system = tmp_path / "system"
    system.mkdir()
    (system / "sh").symlink_to("/bin/sh")

    def install(**folders: tuple[str, str, str]) -> None:
        monkeypatch.setenv("PATH", ":".join(str(tmp_path / name) for name in folders) + f":{system}")
        for folder, (client, dumper, says) in folders.items():
            for program in (client, dumper):
                path = tmp_path / folder / program
                path.parent.mkdir(exist_ok=True)
                path.write_text(f"#!/bin/sh\necho '{says}'\n")
                path.chmod(0o755)

    return install


def test_the_flavour_of_the_server_decides(install):
    install(a=("mysql", "mysqldump", MYSQL_9), b=("mariadb", "mariadb-dump", MARIADB_11))
    assert clients.for_server("default", "", "mysql", "9.7.4").version == "9.7.4"
    chosen = clients.for_server("default", "", "mariadb", "11.8.6-MariaDB")
    assert chosen.dumper_name == "mariadb-dump 11.8.6"
    assert {programs.flavour for programs in clients.newest_clients("default", "")} == {"mysql", "mariadb"}


def test_mariadbs_programs_are_known_under_the_old_names_too(install):
    install(a=("mysql", "mysqldump", MARIADB_10))
    assert clients.for_server("default", "", "mariadb", "10.6.1-MariaDB").version == "10.6.18"
    with pytest.raises(ConfigurationError, match=r"the server is MySQL 9\.7\.4, and the clients here are MariaDB's"):
        clients.for_server("default", "", "mysql", "9.7.4")


def test_the_nearest_version_that_is_not_older_is_taken(install):
    install(a=("mysql", "mysqldump", MYSQL_9), b=("mysql", "mysqldump", MYSQL_8))
    assert clients.for_server("default", "", "mysql", "8.0.30").version == "8.0.36"
    assert clients.for_server("default", "", "mysql", "8.4.1").version == "9.7.4"


def test_older_programs_than_the_server_are_refused(install):
    install(a=("mysql", "mysqldump", MYSQL_8))
    with pytest.raises(ConfigurationError, match=r'"default": mysqldump 8\.0\.36 is older than the server \(9\.7\.4\)'):
        clients.for_server("default", "", "mysql", "9.7.4")


def test_no_programs_at_all_are_said_with_the_remedy(install):
    install()
    with pytest.raises(ConfigurationError, match=r"were not found on this machine\. Install .* BINARY_DIR"):
        clients.newest_clients("default", "")


@pytest.mark.parametrize(
    ("version", "flavour", "parts"),
    [
        ("9.7.4-2", "mysql", (9, 7, 4)),
        ("8.0.36-0ubuntu0.22.04.1", "mysql", (8, 0, 36)),
        ("11.8.6-MariaDB-0+deb13u1 from Debian", "mariadb", (11, 8, 6)),
        ("5.5.5-10.6.18-MariaDB-log", "mariadb", (10, 6, 18)),
    ],
)
def test_a_version_tells_flavour_and_numbers(version: str, flavour: str, parts: tuple[int, ...]):
    assert flavour_of(version) == flavour
    assert numbers(version) == parts


def test_the_first_packet_of_a_server_tells_its_version_and_whether_it_offers_tls():
    packet = b"K\x00\x00\x00\n9.7.4-2\x00\x0f\x00\x00\x00l\x04{pEoxy\x00"
    assert parse(packet + b"\xff\xff") == Greeting("9.7.4-2", tls=True)
    assert parse(packet + b"\xff\xf7") == Greeting("9.7.4-2", tls=False)
    assert parse(packet) == Greeting("9.7.4-2", tls=None)
    for other in (b"J\x00\x00\x00\xffj\x04Host is not allowed to connect", b"", b"SSH-2.0-OpenSSH_9.2"):
        assert parse(other) == Greeting()
