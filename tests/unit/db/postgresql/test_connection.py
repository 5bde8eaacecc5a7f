"""Django's settings as libpq understands them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rclone.command import Secret
from django_rclone.db.postgresql.connection import connection
from django_rclone.exceptions import ConfigurationError

FULL = {"NAME": "shop", "USER": "app", "PASSWORD": "s3cret", "HOST": "db.local", "PORT": 5433}


def test_the_password_is_only_in_the_environment() -> None:
    made = connection("default", FULL)
    assert made.conninfo == "host='db.local' port='5433' user='app' dbname='shop' connect_timeout='15'"
    assert made.env == {"LC_ALL": "C", "PGPASSWORD": Secret("s3cret")}
    assert "s3cret" not in repr(made)


@given(st.text(min_size=1), st.text(min_size=1))
def test_no_name_can_mean_anything_else(name: str, user: str) -> None:
    conninfo = connection("default", {"NAME": name, "USER": user}).conninfo
    parsed = re.findall(r"(\w+)='((?:[^'\\]|\\.)*)'(?: |$)", conninfo, re.DOTALL)
    values = {key: re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL) for key, value in parsed}
    assert values == {"user": user, "dbname": name, "connect_timeout": "15"}


def test_options_of_libpq_are_passed_on_and_those_of_django_are_not() -> None:
    options = {
        "sslmode": "verify-full",
        "keepalives": True,
        "connect_timeout": 3,
        "sslcert": None,
        "isolation_level": 3,
        "pool": True,
        "server_side_binding": True,
        "application_name": "web",
        "client_encoding": "LATIN1",
        "assume_role": "owner",
    }
    made = connection("default", {"NAME": "shop", "OPTIONS": options})
    assert made.parameters == {"dbname": "shop", "connect_timeout": "3", "keepalives": "1", "sslmode": "verify-full"}
    assert made.role == "owner"


@pytest.mark.parametrize(
    ("settings", "open_names", "closed_names"),
    [
        ({"NAME": "shop"}, ["PGHOST", "PGPORT", "PGUSER", "PGSERVICE", "PGPASSWORD"], ["PGDATABASE", "PGOPTIONS"]),
        (FULL, ["PGSSL*", "PGPASSFILE"], ["PGHOST", "PGPORT", "PGUSER", "PGSERVICE", "PGPASSWORD", "PGOPTIONS"]),
        ({"OPTIONS": {"service": "shop"}}, ["PGSERVICEFILE"], ["PGHOST", "PGPORT", "PGUSER", "PGSERVICE"]),
    ],
)
def test_what_the_settings_leave_open_comes_from_the_environment(
    settings: dict[str, Any], open_names: list[str], closed_names: list[str]
) -> None:
    inherit = connection("default", settings).inherit
    assert set(open_names) <= set(inherit)
    assert not set(closed_names) & set(inherit)


def test_a_name_is_needed_without_a_service() -> None:
    with pytest.raises(ConfigurationError, match='Database "default": the settings have no NAME'):
        connection("default", {"NAME": ""})
    assert connection("default", {"OPTIONS": {"service": "shop"}}).location == "service shop"


def test_an_option_without_a_safe_way_is_reported() -> None:
    assert connection("default", {"NAME": "shop", "OPTIONS": {"sslpassword": "x"}}).unsafe == ("sslpassword",)


@pytest.mark.parametrize(
    ("settings", "location"),
    [
        (FULL, "shop on db.local:5433"),
        ({"NAME": "shop", "HOST": "/run/postgresql"}, "shop in /run/postgresql"),
        ({"NAME": "shop"}, "shop on this machine"),
        ({"NAME": "shop", "OPTIONS": {"service": "s"}}, "shop of service s"),
    ],
)
def test_the_place_is_said_in_words(settings: dict[str, Any], location: str) -> None:
    assert connection("default", settings).location == location


def test_an_administrator_takes_no_role_on() -> None:
    made = connection("default", {**FULL, "OPTIONS": {"assume_role": "owner"}}).as_user("postgres", "other")
    assert (made.parameters["user"], made.password, made.role) == ("postgres", Secret("other"), "")
