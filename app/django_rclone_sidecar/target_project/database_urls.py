"""Databases given as URLs: ``DATABASE_URL`` for "default", ``DATABASE_URL_<ALIAS>`` for others or to override one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.environment import malformed_urls

_NAME = "DATABASE_URL"
_RESERVED = "file"  # DATABASE_URL_FILE names a file that contains DATABASE_URL
# dj-database-url does not support MongoDB.
_MONGO = ("mongodb", "mongodb+srv")


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns alias → name of its variable, for all variables that are not empty."""
    found = {"default": _NAME} if environ.get(_NAME) else {}
    for name in sorted(environ):
        alias = name.removeprefix(_NAME + "_").lower() if name.startswith(_NAME + "_") else ""
        if not alias or not environ[name] or alias == _RESERVED or alias.endswith("_file"):
            continue
        found[alias] = name
    return found


def foreign_reason(alias: str, url: str) -> str:
    """Returns why DATABASE_URL_<ALIAS> is probably for another program; empty if it is not.

    An env_file that is shared with the web container may have such variables: DATABASE_URL_ASYNC for SQLAlchemy's
    asyncpg, DATABASE_URL_TEST for the tests.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme not in dj_database_url.ENGINE_SCHEMES and scheme not in _MONGO:
        return f'Django has no engine for URLs with the scheme "{_printable(scheme)}"'
    if {"test", "tests", "testing"} & set(alias.split("_")):
        return "by its name it is for tests"
    return ""


def parse(variable: str, url: str) -> dict[str, Any]:
    """Returns a database's settings. Raises ConfigurationError; messages never show the URL, as it has a password."""
    scheme = url.partition(":")[0].lower()
    if malformed_urls.is_malformed(url):
        raise ConfigurationError(
            f'{variable} is not a valid database URL: there is an "@" after the host. {malformed_urls.ADVICE}'
        )
    if scheme in _MONGO:
        return _mongo(variable, url)
    try:
        found = dict(dj_database_url.parse(url))
    except Exception as error:  # raises several types, some with the URL in the message
        raise ConfigurationError(
            f'{variable} is not a valid database URL (scheme "{_printable(scheme)}"). Write it as '
            f"postgres://user:password@host:5432/name, and percent-encode special characters in the password."
        ) from error
    if not found.get("NAME"):
        raise ConfigurationError(f"{variable} names no database: its path is empty.")
    for key in ("CONN_MAX_AGE", "CONN_HEALTH_CHECKS", "DISABLE_SERVER_SIDE_CURSORS"):
        found.pop(key, None)
    return found


def _printable(scheme: str) -> str:
    return scheme if scheme.isascii() and scheme.replace("+", "").isalnum() and len(scheme) < 30 else "none"


def _mongo(variable: str, url: str) -> dict[str, Any]:
    """Returns the settings for a MongoDB URI. HOST keeps the whole URI without user and password."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError(f"{variable} is not a valid URL.") from error
    name = unquote(parts.path.strip("/"))
    if not name:
        raise ConfigurationError(f"{variable} names no database: its path is empty.")
    return {
        "ENGINE": "django_mongodb_backend",
        "NAME": name,
        "HOST": parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
    }
