"""A name for a database's server, which distinguishes databases of the same name. It contains no secrets."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

_HERE = ("", "localhost", "127.0.0.1", "::1", "[::1]")
_DEFAULT_PORTS = ("5432", "3306", "27017")
_CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")


def describe(settings: Mapping[str, Any]) -> str:
    """Returns ``HOST`` or ``HOST:PORT`` of an entry of DATABASES; for a database on this machine the machine's name.

    In a container the machine's name changes with every container: there it is empty.
    """
    options = settings.get("OPTIONS") or {}
    if service := options.get("service"):
        return f"service {service}"
    client = settings.get("CLIENT") or {}  # djongo
    host = str(options.get("host") or settings.get("HOST") or client.get("host") or "")
    port = str(options.get("port") or settings.get("PORT") or client.get("port") or "")
    if not host and "unix_socket" not in options and (file := options.get("read_default_file")):
        return f"of {file}"
    if "://" in host:  # a whole URL
        host, port = unquote(host.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]), ""
    if host.startswith("/") or host.casefold() in _HERE:
        return _machine()
    return _without_default_port(f"{host}:{port}" if port else host).casefold()


def _without_default_port(address: str) -> str:
    host, colon, port = address.rpartition(":")
    return host if colon and port in _DEFAULT_PORTS else address


def _machine() -> str:
    container = "KUBERNETES_SERVICE_HOST" in os.environ or any(Path(file).exists() for file in _CONTAINER_FILES)
    return "" if container else platform.node()
