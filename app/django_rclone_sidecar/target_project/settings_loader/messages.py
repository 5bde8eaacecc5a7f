"""Messages about settings that cannot be read: the setting, the place, the reason and the remedies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from django_rclone_sidecar.target_project.settings_loader import module_substitutes
from django_rclone_sidecar.target_project.settings_loader.statements import Statement
from django_rclone_sidecar.target_project.settings_loader.trace import TRACE, Event, Location, Taint

MEDIA_REMEDIES = "\nOr set BACKUP_MEDIA_ROOT=/folder, or turn off the backup of media with BACKUP_MEDIA=off."

NOT_SIMULATED = frozenset(["the working folder", "a random value"])
"""Machine facts that the load "on another machine" does not change, or that change at each load."""


def remedies(*packages: str) -> str:
    """Returns the list of remedies; with ``packages``, TARGET_IGNORE_PACKAGES is one of them."""
    ignore = f"\n            TARGET_IGNORE_PACKAGES={','.join(packages)}  if databases and media do not depend on it"
    return (
        "\nDo one of:  DATABASE_URL=...  and BACKUP_TARGET=url  instead of the settings module"
        "\n            FROM <this image>  /  RUN pip install <the package's name on PyPI>"
        "\n            TARGET_PACKAGES=<a folder with the package, such as the web container's site-packages>"
        f"{ignore if packages else ''}"
        "\n            TARGET_JSON_FILE=<what `manage.py backuptarget` printed in the web container>"
    )


def reason_clause(taint: Taint) -> str:
    """Returns a clause that says why something is unknown: its package is missing, or a statement failed."""
    if not taint.package:
        return f"which is unknown ({at(taint.location)} {taint.reason or 'failed'})"
    if taint.package in module_substitutes.REMOVED_FROM_PYTHON:
        return f"which was removed in Python {module_substitutes.REMOVED_FROM_PYTHON[taint.package]}"
    return "which this image lacks"


def _root_hint(taint: Taint) -> str:
    """Returns a hint if the missing package may be the mounted folder itself."""
    part = taint.path.removeprefix(taint.package + ".").partition(".")[0].partition("(")[0]
    candidate = Path(TRACE.root, part)
    if part == taint.path or not (candidate.is_dir() or candidate.with_suffix(".py").is_file()):
        return ""
    return (
        f'\nIf "{taint.package}" is the folder that is TARGET_PATH itself: keep its name, and set TARGET_PACKAGES '
        "to the folder that holds it."
    )


def at(location: Location) -> str:
    """Returns a location as ``settings/base.py:41``."""
    return f"{TRACE.relative(location.file)}:{location.line}"


def value(what: str, module: str, taint: Taint) -> str:
    """Returns why a value is unknown: ``DATABASES['default']['PASSWORD']`` of a module."""
    if not taint.package:
        return f"Cannot read {what}: {at(taint.location)} {taint.reason}." if taint.reason else _no_reason(what, taint)
    return (
        f'Cannot read {what} from {module}: it comes from the package "{taint.package}", {reason_clause(taint)} '
        f"(imported in {at(taint.location)}).{_root_hint(taint)}{remedies()}"
    )


def _no_reason(what: str, taint: Taint) -> str:
    return f"Cannot read {what}: it comes from {taint.path}, which is unknown in this container.{remedies()}"


def tainted(setting: str, event: Event) -> str:
    """Returns why the value of a setting cannot be trusted."""
    taint, where = event.taint, at(event.stack[-1 if event.kind == "failed" else 0])
    if event.kind == "failed" and taint.reason:
        return f"Cannot read {setting}: {at(taint.location)} {taint.reason}."
    if event.kind == "blocked":
        return f"{setting} depends on an action that is refused while settings are read: {where} wants {taint.path}."
    if not taint.package:
        reason = f", which {taint.reason}" if taint.reason else ""
        return f"{setting} depends on {where}, and that on {at(taint.location)}{reason}."
    hint = _root_hint(taint) + remedies(taint.package)
    if event.kind == "star":
        return f'{setting} may be incomplete: {where} imports all of "{taint.path}", {reason_clause(taint)}.{hint}'
    if event.kind == "call":
        return f"{setting} may be incomplete: {where} calls {taint.path}, {reason_clause(taint)}.{hint}"
    if event.kind == "guard":
        return (
            f'{setting} depends on whether "{taint.package}" is installed ({where}), {reason_clause(taint)}: '
            f"the choice cannot be known.{hint}"
        )
    what = f'"{taint.path}"' if taint.path == taint.package else taint.path
    return f"{setting} depends on {what} ({where}), {reason_clause(taint)}: the choice cannot be known.{hint}"


def unknown_names(setting: str, namespace: str, taint: Taint | None) -> str:
    """Returns the message that names in a module come from something unknown."""
    source = f" come from {taint.path}, which this image lacks" if taint is not None else " are not strings"
    packages = (taint.package,) if taint is not None and taint.package else ()
    return f"{setting} may be incomplete: names that were put into {namespace}{source}.{remedies(*packages)}"


def depends_on_statement(setting: str, statement: Statement, word: str) -> str:
    """Returns the message that a setting depends on which packages are installed."""
    return (
        f"{setting} depends on which packages are installed: {line(statement)} calls {word}, which has "
        f"another result in this container.{remedies(word)}"
    )


def machine(setting: str, where: str, what: str) -> str:
    """Returns the warning that a setting depends on the machine."""
    return f"{setting} depends on {what} ({where}), which may be different in the web container."


def differs_by_machine(setting: str, asked: Mapping[str, str]) -> str:
    """Returns the message that a setting has another value on another machine. ``asked``: machine fact → line."""
    named = " and ".join(f"{what} ({where})" for what, where in asked.items())
    return (
        f"{setting} depends on {named}, which may be different in the web container: the value cannot be known."
        f"{remedies()}"
    )


def may_be_set_elsewhere(setting: str, event: Event, variables: Sequence[str]) -> str:
    """Returns the message that unknown code may set environment variables that are not set here."""
    named = ", ".join(filter(None, variables)) or "variables"
    does = "imports" if event.kind == "import" else "calls"
    return (
        f"{setting} uses the defaults for {named}: not set here, but {at(event.stack[0])} {does} "
        f"{event.taint.path or 'something'}, {reason_clause(event.taint)} and which may set them. Set them in this "
        f"container as they are in the web container.{remedies(*filter(None, (event.taint.package,)))}"
    )


def line(statement: Statement) -> str:
    """Returns the line of a statement as ``settings/base.py:41``."""
    return f"{TRACE.relative(statement.file)}:{statement.first}"


def module_missing(event: Event) -> str:
    """Returns the warning that an optional module of the project is missing."""
    return (
        f'{at(event.stack[0])} uses the module "{event.taint.path}" if it exists; it does not exist here. If the web '
        "container has it, mount it here too."
    )


def star_ignored(event: Event) -> str:
    """Returns the warning that the defaults of a missing package were ignored."""
    return f'{at(event.stack[0])} imports all of "{event.taint.path}", which this image lacks; the import was ignored.'


def depends_on_unknown(setting: str, packages: Sequence[str]) -> str:
    """Returns the message that the value changed when the unknown decisions were flipped."""
    named = ", ".join(f'"{package}"' for package in packages) or "something that failed"
    return f"{setting} depends on {named}, not installed here: the value cannot be known.{remedies(*packages)}"
