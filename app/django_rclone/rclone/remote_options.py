"""Check of the options in a remote's configuration: none may change which files rclone shows, sends or deletes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django_rclone.rclone import connection_strings
from django_rclone.rclone import options as rclone_options
from django_rclone.rclone.configuration import Sections, configured_options
from django_rclone.rclone.options import OPTIONS, Rule, Takes

# Backends whose options have a prefix other than the backend's name.
_PREFIX = {"google cloud storage": "gcs", "google photos": "gphotos", "oracleobjectstorage": "oos"}


def problems(root: str, sections: Sections, environ: Mapping[str, str]) -> Iterator[str]:
    """Yields the refused options of the remote ``root`` and of the remotes that it refers to, one sentence each."""
    waiting, found, checked = [root], set[str](), set[str]()
    while waiting:
        text = waiting.pop()
        connection = connection_strings.parse(text)
        if connection is None or text in found:
            continue
        found.add(text)
        name = connection.name
        configured = {} if connection.inline else configured_options(name, sections, environ)
        backend = name if connection.inline else configured.get("type", "")
        for key, value in connection.options.items():
            if why := _refusal(backend, key, value or "true"):
                yield f'Remote "{connection.remote}" has the option {key}: {why}. Remove it from the connection string.'
        if name not in checked and not connection.inline:
            checked.add(name)
            for key, value in configured.items():
                if why := _refusal(backend, key, value):
                    yield f'Remote "{name}" has the option {key}: {why}. Remove it from rclone\'s configuration.'
        options = {**configured, **connection.options}
        waiting += [options.get("remote", ""), *connection_strings.upstreams(backend, options.get("upstreams", ""))]


def _refusal(kind: str, key: str, value: str) -> str:
    """Returns why an option of a backend is refused; empty if it is not."""
    scope, dot, name = key.replace("_", "-").partition(".")
    if dot and scope in ("global", "override"):  # flags that apply to the whole call once rclone uses the remote
        option = rclone_options.option(name)
        fits = option is None or option.rule is Rule.PASSED
        return "" if fits or _is_off(value) else (option and option.reason) or "django-rclone sets that itself"
    option = OPTIONS.get(f"{_PREFIX.get(kind, kind)}-{key.replace('_', '-')}")
    if option is None or not option.reason or (option.takes is Takes.NOTHING and _is_off(value)):
        return ""
    return option.reason if option.refused_value in ("", value.lower()) else ""


def _is_off(value: str) -> bool:
    return value.lower() in ("", "0", "f", "false")
