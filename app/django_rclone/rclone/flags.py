"""RCLONE_FLAGS and the RCLONE_… variables, classified by the table of options.

Settings for every call are passed by environment, because every user of the machine can read a command line.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django_rclone import setting_names
from django_rclone.command import Secret
from django_rclone.exceptions import ConfigurationError
from django_rclone.rclone import backend_options, options
from django_rclone.rclone.options import OPTIONS, SHORT, Option, Rule, Takes, variable

# RCLONE_CONFIG_PASS and RCLONE_CONFIG_<NAME>_<KEY>: https://rclone.org/docs/#environment-variables
_CONFIGURATION = "RCLONE_CONFIG_"
_OFF = ("0", "f", "false")


@dataclass(frozen=True, slots=True)
class UserSettings:
    """The user's settings for rclone, classified."""

    env: Mapping[str, str | Secret] = field(repr=False)
    """Variables to set for every call, from flags."""
    inherit: tuple[str, ...]
    """Variables of this process's environment that every call inherits unchanged."""
    filters: tuple[str, ...]
    """Filter flags, used for media files only."""
    hide: tuple[Secret, ...]
    """Secrets in the flags and in the inherited variables."""
    problems: tuple[str, ...]
    """Refused settings with the reason, one sentence each."""


def classify(flags: tuple[str, ...], environ: Mapping[str, str]) -> UserSettings:
    """Returns the settings from ``flags`` and the environment."""
    from_flags, problems = _from_flags(flags)
    from_environment = _from_environment(environ)
    problems += [why for name, value in from_environment.items() if (why := _refusal(variable(name), name, value))]
    passed = {name: value for name, value in from_environment.items() if _rule(name) is Rule.PASSED}
    configuration = [name for name in environ if name.startswith(_CONFIGURATION)]
    if "RCLONE_CONFIG" in environ:  # an empty value means: no file
        configuration.append("RCLONE_CONFIG")
    env: dict[str, str | Secret] = {}
    filters = [flag for name, value in from_environment.items() for flag in _filter(name, _values(name, value))]
    for name, values in from_flags.items():
        if _rule(name) is Rule.PASSED:
            # rclone adds up the values of a repeatable flag from all sources.
            before = _values(name, passed.pop(name, ""))
            value = _joined([*before, *values]) if OPTIONS[name].takes is Takes.SEVERAL else values[0]
            env[variable(name)] = Secret(value) if OPTIONS[name].secret else value
        filters += _filter(name, values)
    return UserSettings(
        env=env,
        inherit=(*configuration, *(variable(name) for name in passed)),
        filters=tuple(filters),
        hide=tuple(_secrets(environ, configuration, [*passed, *from_flags], env)),
        problems=tuple(problems),
    )


def classify_valid(flags: tuple[str, ...], environ: Mapping[str, str]) -> UserSettings:
    """Returns the settings as ``classify`` does. Raises ConfigurationError for the first one that is refused."""
    found = classify(flags, environ)
    for problem in found.problems:
        raise ConfigurationError(problem)
    return found


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns variables that are not passed on because the table of options does not have them.

    These are variables that resemble one of rclone's, each with the one that was probably meant, and variables of
    backends, with an empty string if none is similar.
    """
    known = [variable(name) for name in OPTIONS]
    backends = tuple(variable(f"{prefix}-") for prefix in backend_options.PREFIXES)
    names = [
        name
        for name in sorted(environ)
        if name.startswith("RCLONE_") and not name.startswith(_CONFIGURATION) and _named(name) is None
    ]
    near = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.9) for name in names}
    return {name: next(iter(near[name]), "") for name in names if near[name] or name.startswith(backends)}


def _named(variable_name: str) -> str | None:
    """Returns the name of the flag that a variable sets; None if there is no such flag."""
    name = variable_name.removeprefix("RCLONE_").lower().replace("_", "-")
    return name if options.option(name) else None


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the values in the environment by flag name. An empty variable counts as not set."""
    names = {name: _named(name) for name in environ if name.startswith("RCLONE_") and name != "RCLONE_CONFIG"}
    return {flag: environ[name] for name, flag in sorted(names.items()) if flag and environ[name]}


def _from_flags(flags: tuple[str, ...]) -> tuple[dict[str, list[str]], list[str]]:
    """Returns the values of each flag, and the problems found."""
    found: dict[str, list[str]] = {}
    problems: list[str] = []
    setting = setting_names.current().setting("RCLONE_FLAGS")
    rest = iter(flags)
    for flag in rest:
        for name, written in _split(flag):
            value = written
            option = options.option(name)
            if option is None:
                problems.append(_unknown(flag, name))
                break
            if value is None:
                value = "true" if option.takes is Takes.NOTHING else next(rest, None)
            if value is None:
                problems.append(f"{setting}: --{name} has no value.")
            elif name in found and name in options.SINGLE_IN_ENVIRONMENT:
                problems.append(
                    f"{setting} has --{name} twice: rclone reads only one from the environment, and every user of the "
                    "machine could read a command line. Set the remote's headers in rclone's configuration."
                )
            elif why := _refusal(f"--{name} in {setting}", name, value):
                problems.append(why)
            elif option.rule in (Rule.PASSED, Rule.MEDIA):
                several = option.takes is Takes.SEVERAL
                found[name] = [*(found.get(name, []) if several else []), value]
    return found, problems


def _split(flag: str) -> Iterator[tuple[str, str | None]]:
    """Yields the flag names in one command-line word (``-vP`` has two), each with its value if the word contains it."""
    name, equals, value = flag.partition("=")
    if name.startswith("--"):
        yield name[2:].replace("_", "-"), value if equals else None
    elif not name.startswith("-") or name == "-":
        yield flag, None
    else:
        letters = flag[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            name = SHORT.get(letter, f"-{letter}")
            option = OPTIONS.get(name)
            if letters and (letters[0] == "=" or (option and option.takes is not Takes.NOTHING)):
                yield name, letters.removeprefix("=")
                return
            yield name, None


def _unknown(flag: str, name: str) -> str:
    setting = setting_names.current().setting("RCLONE_FLAGS")
    if not flag.startswith("-"):
        return f'{setting}: "{flag}" is not a flag, and the flag before it takes no value.'
    if " " in flag.partition("=")[0]:
        word, _, value = flag.partition(" ")
        return f'{setting}: "{word} {"…" if value else ""}" is one string. Write the flag and its value as two strings.'
    near = difflib.get_close_matches(name, OPTIONS, n=1)
    hint = (
        f"Did you mean --{near[0]}?"
        if near
        else f"The flags of rclone {backend_options.VERSION} are known; options of a remote can also be set as "
        "RCLONE_CONFIG_<NAME>_<OPTION>."
    )
    return f"{setting} has an unknown flag {flag.partition('=')[0]}. {hint}"


def _refusal(spelled: str, name: str, value: str) -> str:
    """Returns why an option is refused; empty if it is not. A switch that is off is never refused."""
    option = options.option(name) or Option(Rule.PASSED)
    if option.takes is Takes.NOTHING and value.lower() in _OFF:
        return ""
    if option.rule is Rule.REFUSED:
        return f"{spelled} is refused: {option.reason}. Remove it."
    if option.refused_value and value.lower() == option.refused_value:
        return f"{spelled} is refused with the value {value}: {option.reason}."
    if option.only and not re.fullmatch(option.only, value):
        return f"{spelled} is refused with more than 2s: files that changed within that time would not be sent."
    if option.rule is Rule.MEDIA and name.endswith(("-from", "-from-raw", "-from0")) and "-" in _values(name, value):
        return f'{spelled} cannot be "-": nothing is written to rclone\'s standard input. Pass the name of a file.'
    return ""


def _values(name: str, value: str) -> list[str]:
    """Returns the values in a variable. The values of a repeatable flag are written as CSV."""
    option = options.option(name)
    if not value or option is None or option.takes is not Takes.SEVERAL:
        return [value] if value else []
    return next(csv.reader([value], strict=False))


def _joined(values: list[str]) -> str:
    """Returns the values as the content of one variable.

    A single value that needs no quotes is not changed: rclone before 1.68 does not parse CSV there.
    """
    if len(values) == 1 and not set(values[0]) & set(',"\n\r'):
        return values[0]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return line.getvalue()


def _filter(name: str, values: list[str]) -> list[str]:
    # Passed as arguments: before rclone 1.68 a variable holds only one value, and filters are not secret.
    return [f"--{name}={value}" for value in values] if _rule(name) is Rule.MEDIA else []


def _rule(name: str) -> Rule | None:
    option = options.option(name)
    return option.rule if option else None


def _secrets(
    environ: Mapping[str, str], configuration: list[str], names: list[str], env: Mapping[str, str | Secret]
) -> Iterator[Secret]:
    """Yields the secrets that rclone could print and that masking would not recognise otherwise."""
    ends = tuple(f"_{name.upper()}" for name in backend_options.SECRETS)
    for name in configuration:
        if name.endswith(ends):
            yield Secret(environ[name])
    for name in names:
        if OPTIONS[name].secret:
            value = env.get(variable(name), environ.get(variable(name), ""))
            value = value.value if isinstance(value, Secret) else value
            yield Secret(value)
            for each in _values(name, value):
                yield Secret(each.partition(":")[2].strip() if name in options.SINGLE_IN_ENVIRONMENT else each)
