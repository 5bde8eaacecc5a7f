"""What people read when a setting cannot be known: what, where, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from django_rclone_sidecar.target_project.settings_loader import module_substitutes
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import RECORD, Event, Origin, Place

MEDIA_WAYS_OUT = "\nOr say where media are with BACKUP_MEDIA_ROOT=/folder, or leave them out with BACKUP_MEDIA=off."


NOT_TRIED = frozenset(["the working folder", "chance"])
"""What is the same, or nearly always another, when settings are loaded again on another machine."""


def ways_out(*packages: str) -> str:
    """Returns what people can do, where ``packages`` may be told to have no part in it."""
    ignore = f"\n            TARGET_IGNORE_PACKAGES={','.join(packages)}  if that has no part in databases and media"
    return (
        "\nDo one of:  DATABASE_URL=...  and BACKUP_TARGET=url  instead of the settings module"
        "\n            FROM <this image>  /  RUN pip install <the package's name on PyPI>"
        "\n            TARGET_PACKAGES=<a folder with the package, say the web container's site-packages>"
        f"{ignore if packages else ''}"
        "\n            TARGET_JSON_FILE=<what `manage.py backuptarget` printed in the web container>"
    )


def lacks(origin: Origin) -> str:
    """Returns that a package is not here, and why if that is known."""
    if not origin.package:
        return f"which is not known ({at(origin.place)} {origin.reason or 'failed'})"
    if origin.package in module_substitutes.LEFT:
        return f"which left Python in {module_substitutes.LEFT[origin.package]}"
    return "which this image lacks"


def _is_root(origin: Origin) -> str:
    """Returns a hint where the package may be the very folder that is mounted."""
    part = origin.path.removeprefix(origin.package + ".").partition(".")[0].partition("(")[0]
    beside = Path(RECORD.root, part)
    if part == origin.path or not (beside.is_dir() or beside.with_suffix(".py").is_file()):
        return ""
    return (
        f'\nIf "{origin.package}" is the folder that is TARGET_PATH itself: keep its name, and set TARGET_PACKAGES '
        "to the folder that holds it."
    )


def at(place: Place) -> str:
    """Returns a place as people look for it: ``settings/base.py:41``."""
    return f"{RECORD.short(place.file)}:{place.line}"


def value(what: str, module: str, origin: Origin) -> str:
    """Returns why a value is not known: ``DATABASES['default']['PASSWORD']`` of a module."""
    if not origin.package:
        return f"Cannot read {what}: {at(origin.place)} {origin.reason}." if origin.reason else _somewhere(what, origin)
    return (
        f'Cannot read {what} from {module}: it comes from the package "{origin.package}", {lacks(origin)} '
        f"(imported in {at(origin.place)}).{_is_root(origin)}{ways_out()}"
    )


def _somewhere(what: str, origin: Origin) -> str:
    return f"Cannot read {what}: it comes from {origin.path}, which is not known here.{ways_out()}"


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
    way_out = _is_root(origin) + ways_out(origin.package)
    if event.kind == "star":
        return f'{setting} may be incomplete: {where} imports all of "{origin.path}", {lacks(origin)}.{way_out}'
    if event.kind == "call":
        return f"{setting} may be incomplete: {where} calls {origin.path}, {lacks(origin)}.{way_out}"
    if event.kind == "guard":
        return (
            f'{setting} depends on whether "{origin.package}" is installed ({where}), {lacks(origin)}: '
            f"the choice cannot be known.{way_out}"
        )
    what = f'"{origin.path}"' if origin.path == origin.package else origin.path
    return f"{setting} depends on {what} ({where}), {lacks(origin)}: the choice cannot be known.{way_out}"


def unknown_names(setting: str, namespace: str, origin: Origin | None) -> str:
    """Returns that a module was given names by something that is not known."""
    source = f" come from {origin.path}, which this image lacks" if origin is not None else " are no texts"
    packages = (origin.package,) if origin is not None and origin.package else ()
    return f"{setting} may be incomplete: names that were put into {namespace}{source}.{ways_out(*packages)}"


def asks(setting: str, statement: Statement, word: str) -> str:
    """Returns that a setting depends on what is installed."""
    return (
        f"{setting} depends on what is installed: {line(statement)} asks {word}, which knows other things here."
        f"{ways_out(word)}"
    )


def machine(setting: str, where: str, what: str) -> str:
    """Returns that a setting depends on the machine."""
    return f"{setting} depends on {what} ({where}), which may be another one in the web container."


def machine_decides(setting: str, asked: Mapping[str, str]) -> str:
    """Returns that a setting has another value on another machine, given what was asked and where."""
    named = " and ".join(f"{what} ({where})" for what, where in asked.items())
    return (
        f"{setting} depends on {named}, which may be another one in the web container: the value cannot be known."
        f"{ways_out()}"
    )


def may_fill(setting: str, event: Event, variables: Sequence[str]) -> str:
    """Returns that unknown code may have set variables that are not set."""
    named = ", ".join(filter(None, variables)) or "variables"
    does = "imports" if event.kind == "import" else "calls"
    return (
        f"{setting} takes the defaults for {named}: not set here, but {at(event.places[0])} {does} "
        f"{event.origin.path or 'something'}, {lacks(event.origin)} and which may set them. Set them in this "
        f"container as they are in the web container.{ways_out(*filter(None, (event.origin.package,)))}"
    )


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
    return f"{setting} depends on {named}, not installed here: the value cannot be known.{ways_out(*packages)}"
