"""Which connector serves which database, and what it connects with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from django_rclone.checks import check_connectors
from django_rclone.db import registry
from django_rclone.exceptions import ConfigurationError

type Databases = Callable[[dict[str, Any]], None]


def database(**settings: Any) -> dict[str, Any]:
    plain = {"ENGINE": "django.db.backends.postgresql", "NAME": "app", "USER": "me", "PASSWORD": "old", "HOST": "db"}
    return plain | settings


@pytest.fixture(autouse=True)
def _remote(settings: Settings) -> None:
    settings.DJANGO_RCLONE = {"REMOTE": "x:"}


def test_a_backend_of_the_projects_own_is_asked_what_it_connects_with(databases: Databases) -> None:
    options = {"use_iam_auth": True, "connect_timeout": 5}
    databases({"default": database(ENGINE="tests.unit.iam", OPTIONS=options)})
    found = registry.connector("default").settings
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("app", "me", "t0ken-of-the-cloud")
    assert (found["HOST"], found["PORT"]) == ("real.example", "6432")
    assert found["OPTIONS"] == {"connect_timeout": 5, "sslmode": "require"}


def test_a_backend_that_cannot_tell_is_one_clear_line(databases: Databases) -> None:
    databases({"default": database(ENGINE="tests.unit.iam")})
    with pytest.raises(
        ConfigurationError, match=r'^Database "default": the engine tests.unit.iam cannot compute .* no cred'
    ):
        registry.connector("default")


def test_a_system_check_asks_nobody_for_a_token(databases: Databases) -> None:
    databases({"default": database(ENGINE="tests.unit.iam")})
    assert not [message for message in check_connectors() if "cannot compute" in message.msg]


def test_djangos_own_backends_are_taken_at_their_word(databases: Databases) -> None:
    plain = database(OPTIONS={"sslmode": "require"})
    databases({"default": plain})
    assert registry.connector("default").settings is plain


def test_an_empty_entry_is_no_database(databases: Databases) -> None:
    databases({"default": {}, "shop": database(), "blog": database()})
    assert registry.aliases() == ["shop", "blog"]
    with pytest.raises(ConfigurationError, match=r'"default" is empty in DATABASES: .* --database \(blog, shop\)'):
        registry.connector("default")
