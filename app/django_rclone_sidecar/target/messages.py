"""What people read when a setting cannot be known: what, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from django_rclone_sidecar.target.record import RECORD, Event, Origin, Place
from django_rclone_sidecar.target.statements import Statement

WAYS_OUT = (
    "\nDo one of:  DATABASE_URL=...  and BACKUP_TARGET=url  instead of the settings module"
    "\n            FROM <this image>  /  RUN pip install <the package's name on PyPI>"
    "\n            TARGET_JSON_FILE=<what `manage.py backuptarget` printed in the web container>"
)
MEDIA_WAYS_OUT = "\nOr say where media are with BACKUP_MEDIA_ROOT=/folder, or leave them out with BACKUP_MEDIA=off."


def at(place: Place) -> str:
    """Returns a place as people look for it: ``settings/base.py:41``."""
    return f"{RECORD.short(place.file)}:{place.line}"


def value(what: str, module: str, origin: Origin) -> str:
    """Returns why a value is not known: ``DATABASES['default']['PASSWORD']`` of a module."""
    if not origin.package:
        return f"Cannot read {what}: {at(origin.place)} {origin.reason}." if origin.reason else _somewhere(what, origin)
    return (
        f'Cannot read {what} from {module}: it comes from the package "{origin.package}", which this image lacks '
        f"(imported in {at(origin.place)}).{WAYS_OUT}"
    )


def _somewhere(what: str, origin: Origin) -> str:
    return f"Cannot read {what}: it comes from {origin.path}, which is not known here.{WAYS_OUT}"


def doubt(setting: str, event: Event) -> str:
    """Returns why the value of a setting cannot be trusted."""
    origin, where = event.origin, at(event.places[-1 if event.kind == "failed" else 0])
    if event.kind == "failed" and origin.reason:
        return f"Cannot read {setting}: {at(origin.place)} {origin.reason}."
    if event.kind == "blocked":
        return f"{setting} depends on something that is refused while settings are read: {where} wants {origin.path}."
    if not origin.package:
        reason = f", which {origin.reason}" if origin.reason else ""
        return f"{setting} depends on {where}, and that on {at(origin.place)}{reason}."
    if event.kind == "star":
        return f'{setting} may be incomplete: {where} imports all of "{origin.path}", which this image lacks.{WAYS_OUT}'
    if event.kind == "call":
        return f"{setting} may be incomplete: {where} calls {origin.path}, which this image lacks.{WAYS_OUT}"
    if event.kind == "guard":
        return (
            f'{setting} depends on whether "{origin.package}" is installed ({where}); it is not installed here, '
            f"so the choice cannot be known.{WAYS_OUT}"
        )
    return (
        f'{setting} depends on {origin.path} ({where}); "{origin.package}" is not installed here, '
        f"so the choice cannot be known.{WAYS_OUT}"
    )


def unknown_names(setting: str, namespace: str, origin: Origin | None) -> str:
    """Returns that a module was given names by something that is not known."""
    source = f" come from {origin.path}, which this image lacks" if origin is not None else " are no texts"
    return f"{setting} may be incomplete: names that were put into {namespace}{source}.{WAYS_OUT}"


def asks(setting: str, statement: Statement, word: str) -> str:
    """Returns that a setting depends on what is installed."""
    return (
        f"{setting} depends on what is installed: {line(statement)} asks {word}, which knows other things here."
        f"{WAYS_OUT}\n            TARGET_IGNORE_PACKAGES={word}  if that has no say in it"
    )


def machine(setting: str, statement: Statement, word: str) -> str:
    """Returns that a setting depends on the machine."""
    return f"{setting} depends on {word} ({line(statement)}), which may be another one in the web container."


def line(statement: Statement) -> str:
    """Returns where a statement is."""
    return f"{RECORD.short(statement.file)}:{statement.first}"


def absent(event: Event) -> str:
    """Returns that a module of the project's own is not there, which its author can do without."""
    return (
        f'{at(event.places[0])} uses the module "{event.origin.path}" if it is there, and it is not. If the web '
        "container has it, mount it here too."
    )


def star_ignored(event: Event) -> str:
    """Returns that a package's defaults were taken not to matter."""
    return f'{at(event.places[0])} imports all of "{event.origin.path}", which this image lacks; it was left out.'


def depends(setting: str, packages: Sequence[str]) -> str:
    """Returns that two loads, which took unknown decisions differently, gave different values."""
    named = ", ".join(f'"{package}"' for package in packages) or "something that failed"
    return f"{setting} depends on {named}, not installed here: the value cannot be known.{WAYS_OUT}"
