"""Django's settings for MySQL, as an option file for the client programs."""

import ssl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.db.mysql.connection import Connection, connection
from django_rclone.db.mysql.option_file import quote_option, read_options
from django_rclone.exceptions import ConfigurationError


def client_options(found: Connection, flavour: str, tmp_path: Path) -> dict[str, str]:
    """The options that a client reads from its option file."""
    path = tmp_path / "options"
    path.write_text(found.option_file(flavour).value)
    return read_options(path, ("client",))


@given(value=st.text(st.characters(blacklist_categories=["Cs", "Cc"])))
def test_an_option_file_holds_every_value(tmp_path_factory: pytest.TempPathFactory, value: str):
    path = tmp_path_factory.mktemp("options") / "my.cnf"
    path.write_text(f"[client]\npassword={quote_option(value)}\n", encoding="utf-8")
    assert read_options(path, ("client",)) == {"password": value} or "\x85" in value or "\u2028" in value


def test_settings_reach_the_client_unchanged(tmp_path: Path):
    settings = {"NAME": "app", "HOST": "db.local", "PORT": 3307, "USER": "us er", "PASSWORD": "p'\"\\#w"}
    found = connection("default", settings)
    assert found.database == "app"
    assert found.location == "app on db.local:3307"
    assert client_options(found, "mysql", tmp_path) == {
        "host": "db.local",
        "port": "3307",
        "user": "us er",
        "password": "p'\"\\#w",
    }
    assert "#w" not in repr(found)


@pytest.mark.parametrize(
    "settings",
    [{"HOST": "/run/m.sock"}, {"OPTIONS": {"unix_socket": "/run/m.sock"}}, {"OPTIONS": {"read_default_file": "FILE"}}],
)
def test_a_socket_may_be_named_in_three_ways(tmp_path: Path, settings: dict):
    (tmp_path / "my.cnf").write_text("[client]\nsocket=/run/m.sock\n")
    if "read_default_file" in settings.get("OPTIONS", {}):
        settings = {"OPTIONS": {"read_default_file": str(tmp_path / "my.cnf")}}
    found = connection("default", {"NAME": "app", **settings})
    assert found.location == "app in /run/m.sock"
    assert client_options(found, "mysql", tmp_path) == {"socket": "/run/m.sock"}


def test_an_option_file_adds_what_the_settings_leave_out(tmp_path: Path):
    (tmp_path / "more.cnf").write_text("[client]\nuser = 'from more' # whose\n")
    (tmp_path / "my.cnf").write_text(
        '; a comment\n[mysqldump]\nwhere=1=0\n[client]\ndatabase = app\nhost=one\npassword="a # b\\\\"\n'
        "default_character_set=latin1\nssl_ca=/ca.pem\nquick\n!include more.cnf\n"
    )
    found = connection("default", {"HOST": "two", "OPTIONS": {"read_default_file": str(tmp_path / "my.cnf")}})
    assert found.database == "app"
    assert client_options(found, "mysql", tmp_path) == {
        "host": "two",
        "user": "from more",
        "password": "a # b\\",
        "ssl-ca": "/ca.pem",
        "ssl-mode": "REQUIRED",  # a certificate asks for TLS
    }


def test_a_missing_option_file_is_reported():
    with pytest.raises(ConfigurationError, match=r'Database "default": read_default_file /nowhere/my\.cnf'):
        connection("default", {"NAME": "app", "OPTIONS": {"read_default_file": "/nowhere/my.cnf"}})


def test_settings_without_a_name_are_refused():
    with pytest.raises(ConfigurationError, match='Database "default": the settings have no NAME'):
        connection("default", {"HOST": "db"})


@pytest.mark.parametrize(
    ("options", "mysql", "mariadb"),
    [
        ({}, {}, {"ssl-verify-server-cert": "0"}),
        ({"ssl_mode": "DISABLED"}, {"ssl-mode": "DISABLED"}, {"ssl": "0", "ssl-verify-server-cert": "0"}),
        ({"ssl_mode": "required"}, {"ssl-mode": "REQUIRED"}, {"ssl": "1", "ssl-verify-server-cert": "0"}),
        (
            {"ssl_mode": "VERIFY_IDENTITY", "ssl": {"ca": "/ca.pem", "cert": "/c.pem", "key": "/k.pem"}},
            {"ssl-mode": "VERIFY_IDENTITY", "ssl-ca": "/ca.pem", "ssl-cert": "/c.pem", "ssl-key": "/k.pem"},
            {
                "ssl-ca": "/ca.pem",
                "ssl-cert": "/c.pem",
                "ssl-key": "/k.pem",
                "ssl": "1",
                "ssl-verify-server-cert": "1",
            },
        ),
        (
            {"ssl_ca": "/ca.pem"},
            {"ssl-ca": "/ca.pem", "ssl-mode": "REQUIRED"},
            {"ssl-ca": "/ca.pem", "ssl": "1", "ssl-verify-server-cert": "0"},
        ),
        ({"charset": "utf8mb4", "init_command": "SET x"}, {}, {"ssl-verify-server-cert": "0"}),
    ],
)
def test_each_flavour_gets_its_own_options_for_tls(tmp_path: Path, options: dict, mysql: dict, mariadb: dict):
    found = connection("default", {"NAME": "app", "OPTIONS": options})
    assert client_options(found, "mysql", tmp_path) == mysql
    assert client_options(found, "mariadb", tmp_path) == mariadb


ASKED = {"ssl-mode": "REQUIRED"}


@pytest.mark.parametrize(
    ("options", "tls"),
    [
        ({"ssl-mode": "REQUIRED"}, ASKED),  # ?ssl-mode=REQUIRED
        ({"sslmode": "required"}, ASKED),
        ({"tls": True}, ASKED),
        ({"useSSL": "true"}, ASKED),
        ({"tls_versions": ["TLSv1.2", "TLSv1.3"]}, {"tls-version": "TLSv1.2,TLSv1.3"}),
        ({"SSL_MODE": "Verify-CA"}, {"ssl-mode": "VERIFY_CA"}),
        ({"ssl": True}, ASKED),
        ({"ssl": "true"}, ASKED),
        ({"ssl": "false"}, {}),
        ({"ssl": False}, {}),
        ({"ssl": {}}, {}),
        ({"ssl": {"fake_flag_to_enable_tls": True}}, ASKED),
        ({"ssl": {"ssl-ca": "/ca.pem"}}, {"ssl-ca": "/ca.pem", **ASKED}),
        ({"ssl": {"ca": "/ca.pem", "check_hostname": True}}, {"ssl-ca": "/ca.pem", "ssl-mode": "VERIFY_IDENTITY"}),
        ({"ssl": {"mode": "VERIFY_CA"}}, {"ssl-mode": "VERIFY_CA"}),
        ({"ssl-ca": "/ca.pem", "ssl_verify_cert": True}, {"ssl-ca": "/ca.pem", "ssl-mode": "VERIFY_CA"}),
        ({"ssl_disabled": True}, {"ssl-mode": "DISABLED"}),
        ({"ssl_disabled": "1"}, {"ssl-mode": "DISABLED"}),
        ({"ssl_disabled": False}, {}),
        ({"ssl_verify_identity": "1"}, {"ssl-mode": "VERIFY_IDENTITY"}),
        ({"ssl": ssl.create_default_context()}, ASKED),
    ],
)
def test_every_spelling_of_tls_is_understood(options: dict, tls: dict):
    assert connection("default", {"NAME": "app", "OPTIONS": options}).tls == tls


@pytest.mark.parametrize(
    ("text", "tls"),
    [
        ("ssl", ASKED),
        ("skip-ssl", {"ssl-mode": "DISABLED"}),
        ("ssl=0", {"ssl-mode": "DISABLED"}),
        ("ssl_mode=verify_ca", {"ssl-mode": "VERIFY_CA"}),
        ("ssl_verify_server_cert", {"ssl-mode": "VERIFY_IDENTITY"}),
        ("tls_version=TLSv1.3", {"tls-version": "TLSv1.3"}),
    ],
)
def test_an_option_file_may_ask_for_tls_too(tmp_path: Path, text: str, tls: dict):
    (tmp_path / "my.cnf").write_text(f"[client]\n{text}\n")
    options = {"read_default_file": str(tmp_path / "my.cnf")}
    assert connection("default", {"NAME": "app", "OPTIONS": options}).tls == tls


@pytest.mark.parametrize(
    "options",
    [
        {"ssl_mode": "sometimes"},
        {"ssl": "perhaps"},
        {"ssl_disabled": True, "ssl_mode": "REQUIRED"},
        {"ssl_disabled": 7},
    ],
)
def test_options_for_tls_are_obeyed_or_refused(options: dict):
    with pytest.raises(ConfigurationError, match=r'Database "default": (ssl|the option \w+ is about TLS)'):
        connection("default", {"NAME": "app", "OPTIONS": options})
