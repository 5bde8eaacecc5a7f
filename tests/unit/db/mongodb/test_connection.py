"""Django's settings for MongoDB, as one URI."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.uri_parser import parse_uri

from django_rclone.db.mongodb.connection import Connection, connection
from django_rclone.exceptions import ConfigurationError

PATIENCE = "serverSelectionTimeoutMS=15000"


def made(**settings: Any) -> Connection:
    return connection("default", {"NAME": "shop", **settings})


def tools(found: Connection) -> str:
    return str(json.loads(found.config.value.removeprefix("uri: ")))


def test_host_port_user_and_password():
    found = made(HOST="db", PORT=27018, USER="app", PASSWORD="s3c:r/t@")
    assert found.uri.value == f"mongodb://app:s3c%3Ar%2Ft%40@db:27018/?{PATIENCE}&authSource=admin"
    assert tools(found) == "mongodb://app:s3c%3Ar%2Ft%40@db:27018/?authSource=admin"
    assert found.uri_without_password == "mongodb://app@db:27018/?authSource=admin"
    assert found.location == "shop on db:27018"
    assert found.selection_timeout == 15


def test_without_anything_but_a_name_it_is_this_machine_and_nobody():
    assert made().uri.value == f"mongodb://localhost:27017/?{PATIENCE}"


def test_a_uri_keeps_what_says_where_and_who_and_loses_what_is_the_apps():
    uri = "mongodb://app:p%40ss@a,b:2/shop?replicaSet=rs0&ssl=true&readPreference=secondary&maxPoolSize=3&w=0"
    found = connection("default", {"NAME": "", "HOST": uri})
    assert found.database == "shop"
    assert tools(found) == "mongodb://app:p%40ss@a,b:2/?replicaSet=rs0&tls=true&authSource=shop"


def test_settings_win_over_the_uri_and_options_over_what_it_says():
    found = made(HOST="mongodb://a:b@h/other?authSource=x", USER="app", PASSWORD="new", OPTIONS={"authsource": "y"})
    assert found.database == "shop"
    assert tools(found) == "mongodb://app:new@h/?authSource=y"


def test_a_seed_list_is_looked_up_by_the_programs_and_may_name_the_source_itself():
    found = made(HOST="mongodb+srv://app:x@cluster.example.org/?retryWrites=true")
    assert tools(found) == "mongodb+srv://app:x@cluster.example.org/"


def test_several_hosts_each_get_the_port_that_they_lack():
    assert made(HOST="a, b:1,[::1],::1,/tmp/mongodb.sock", PORT="9").hosts == (
        "a:9,b:1,[::1]:9,[::1]:9,%2Ftmp%2Fmongodb.sock"
    )
    assert made(HOST="/tmp/mongodb.sock").location == "shop on /tmp/mongodb.sock"


def test_djongos_client():
    client = {"host": ["a", "b:2"], "port": 1, "username": "app", "password": "x", "authSource": "s", "ssl": True}
    found = made(ENGINE="djongo", CLIENT=client)
    assert tools(found) == "mongodb://app:x@a:1,b:2/?authSource=s&tls=true"
    in_its_host = made(ENGINE="djongo", CLIENT={"host": "mongodb://app:x@h:1/?authSource=s"})
    assert tools(in_its_host) == "mongodb://app:x@h:1/?authSource=s"


def test_what_0_4_and_djongo_had_beside_host_and_port():
    found = made(HOST="h", USER="app", PASSWORD="x", AUTH_SOURCE="s", AUTH_MECHANISM="SCRAM-SHA-1", REPLICASET="r")
    assert tools(found) == "mongodb://app:x@h:27017/?authSource=s&authMechanism=SCRAM-SHA-1&replicaSet=r"


@pytest.mark.parametrize(
    "settings",
    [
        {"HOST": "mongodb://app:x@h/?authMechanism=DEFAULT&authSource=s"},  # as MongoDB Compass writes it
        {"HOST": "h", "AUTH_MECHANISM": "DEFAULT", "AUTH_SOURCE": "s", "USER": "app", "PASSWORD": "x"},
        {"HOST": "h", "OPTIONS": {"authmechanism": "DEFAULT", "authSource": "s"}, "USER": "app", "PASSWORD": "x"},
    ],
)
def test_the_default_mechanism_is_the_one_that_is_not_said(settings: dict):
    uri = tools(made(**settings))
    assert "Mechanism" not in uri
    assert uri.endswith("/?authSource=s")


def test_a_mechanism_without_a_password_in_the_database_has_no_source_there():
    found = made(HOST="h", OPTIONS={"authMechanism": "MONGODB-X509", "username": "CN=app", "tls": True})
    assert tools(found) == "mongodb://CN%3Dapp@h:27017/?authMechanism=MONGODB-X509&tls=true"


@pytest.mark.parametrize("option", ["tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames"])
def test_the_tools_hear_of_an_invalid_certificate_by_the_name_that_they_know(option: str):
    found = made(HOST="h", OPTIONS={"tls": True, option: True})
    assert tools(found) == "mongodb://h:27017/?tls=true&tlsInsecure=true"
    assert f"{option}=true" in found.uri.value


def test_secrets_are_hidden_as_they_are_and_as_a_uri_writes_them():
    found = made(
        USER="app",
        PASSWORD="p@ss",
        OPTIONS={"tlsCertificateKeyFile": "/k", "tlsCertificateKeyFilePassword": "key/pass"},
    )
    assert {secret.value for secret in found.secrets} == {"p@ss", "p%40ss", "key/pass", "key%2Fpass"}
    assert "pass" not in found.uri_without_password
    for secret in ("p@ss", "p%40ss", "key/pass", "key%2Fpass"):
        assert secret not in repr(found)


def test_patience_is_the_users():
    assert made(OPTIONS={"serverSelectionTimeoutMS": 2500}).selection_timeout == 2
    assert made(OPTIONS={"serverSelectionTimeoutMS": 5}).selection_timeout == 1
    assert "serverSelectionTimeoutMS=2500" in made(OPTIONS={"serverSelectionTimeoutMS": 2500}).uri.value
    assert "Timeout" not in tools(made(OPTIONS={"serverSelectionTimeoutMS": 2500, "connectTimeoutMS": 1}))


def test_values_of_every_kind_become_text():
    properties = {"SERVICE_NAME": "x", "CANONICALIZE_HOST_NAME": False}
    found = made(OPTIONS={"authMechanismProperties": properties, "compressors": ["zstd", "zlib"], "tls": None})
    assert tools(found) == (
        "mongodb://localhost:27017/?authMechanismProperties=SERVICE_NAME%3Ax%2CCANONICALIZE_HOST_NAME%3Afalse"
        "&compressors=zstd%2Czlib"
    )


@pytest.mark.parametrize("uri", ["mongodb:///shop", "mongodb://a:b/c@h/shop", "mongodb://a@b:c@h/shop"])
def test_a_uri_that_cannot_be_understood_is_not_shown(uri: str):
    with pytest.raises(ConfigurationError, match="percent-encoded") as caught:
        made(HOST=uri)
    assert uri not in str(caught.value)


def test_no_name():
    with pytest.raises(ConfigurationError, match="no NAME"):
        connection("default", {"HOST": "mongodb://h/"})


@given(user=st.text(min_size=1), password=st.text(min_size=1))
def test_pymongo_reads_the_user_and_the_password_that_the_settings_have(user: str, password: str):
    try:
        (user + password).encode()
    except UnicodeEncodeError:
        return
    found = parse_uri(made(HOST="h", USER=user, PASSWORD=password).uri.value)
    assert (found["username"], found["password"]) == (user, password)
