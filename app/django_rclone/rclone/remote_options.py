"""Check of the options in a remote's configuration: none may show other files than there are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from django_rclone.rclone import options as rclone_options
from django_rclone.rclone.options import OPTIONS, Rule, Takes
from django_rclone.rclone.remote import Sections, backend_of

# Backends whose options have a prefix other than the backend's name.
_PREFIX = {"google cloud storage": "gcs", "google photos": "gphotos", "oracleobjectstorage": "oos"}

# Options that name other remotes; alias, crypt, union and combine have them.
_LEADS_ON = ("remote", "upstreams")

# https://rclone.org/docs/#connection-strings
_PARAMETER = re.compile(r""",\s*([\w.]+)(?:=("(?:[^"]|"")*"|'(?:[^']|'')*'|[^,:]*))?(?=[,:])""")
_NAME = re.compile(r"[\w.+@-](?:[\w.+@ -]*[\w.+@-])?(?=[,:])")


def problems(root: str, sections: Sections, environ: Mapping[str, str]) -> Iterator[str]:
    """Yields the refused options of the remote ``root`` and of the remotes that it refers to, one sentence each.

    ``sections`` are those of rclone.conf.
    """
    todo, seen = [root], set[str]()
    while todo:
        text = todo.pop()
        first, _, _ = text.partition(",")
        kind = first[1:] if first.startswith(":") else section(first, sections, environ).get("type", "")
        for name, written in _PARAMETER.findall(backend_of(text) if ":" in text else ""):
            value = written.strip("\"'") if written else "true"
            if why := _refusal(kind, name, value):
                yield f'Remote "{first}" has the option {name}: {why}. Remove it from the connection string.'
            if name in _LEADS_ON:
                todo.append(value)
        for name in _NAME.findall(text):
            if name in seen:
                continue
            seen.add(name)
            options = section(name, sections, environ)
            for key, value in options.items():
                if why := _refusal(options.get("type", ""), key, value):
                    yield f'Remote "{name}" has the option {key}: {why}. Remove it from rclone\'s configuration.'
                if key in _LEADS_ON:
                    todo.append(value)


def section(name: str, sections: Sections, environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the options of a remote. The environment overrides rclone.conf, as in rclone."""
    prefix = f"RCLONE_CONFIG_{name}_".upper().replace("-", "_")
    variables = {key.removeprefix(prefix).lower(): value for key, value in environ.items() if key.startswith(prefix)}
    return {**sections.get(name, {}), **variables}


def _refusal(kind: str, key: str, value: str) -> str:
    """Returns why an option of a backend is refused; empty if it is not."""
    scope, dot, name = key.replace("_", "-").partition(".")
    if dot and scope in ("global", "override"):  # flags that apply to the whole call once rclone uses the remote
        option = rclone_options.option(name)
        fits = option is None or option.rule is Rule.PASSED
        return "" if fits or _off(value) else (option and option.reason) or "django-rclone sets that itself"
    option = OPTIONS.get(f"{_PREFIX.get(kind, kind)}-{key.replace('_', '-')}")
    if option is None or not option.reason or (option.takes is Takes.NOTHING and _off(value)):
        return ""
    return option.reason if option.refused_value in ("", value.lower()) else ""


def _off(value: str) -> bool:
    return value.lower() in ("", "0", "f", "false")
