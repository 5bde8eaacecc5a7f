"""The values that environment variables take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.environment import read as env
from django_rclone_sidecar.environment import variables


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("BACKUP_REMOTE", "s3:bucket/site", "s3:bucket/site"),
        ("BACKUP_DATABASES", "default, analytics", ("default", "analytics")),
        ("BACKUP_DATABASES", "a b,a", ("a", "b")),
        ("BACKUP_MEDIA", "ON", "on"),
        ("BACKUP_MEDIA_ROOT", "/srv/media", Path("/srv/media")),
        ("BACKUP_TIME_ZONE", "Europe/Berlin", "Europe/Berlin"),
        ("BACKUP_KEEP_LAST", "14", 14),
        ("BACKUP_KEEP_DAILY", "7", 7),
        ("BACKUP_KEEP_WITHIN", "30d", 30 * 86400.0),
        ("BACKUP_KEEP_WITHIN", "off", None),
        ("BACKUP_COMPRESSION", "zstd:9", {"METHOD": "zstd", "LEVEL": 9}),
        ("BACKUP_COMPRESSION", "none", {"METHOD": "none"}),
        ("BACKUP_TIMEOUT", "90", 90.0),
        ("BACKUP_TIMEOUT", "1.5h", 5400.0),
        ("BACKUP_TIMEOUT", "off", None),
        ("BACKUP_STALL_TIMEOUT", "10m", 600.0),
        ("BACKUP_STATE_DIR", "/state", Path("/state")),
        ("BACKUP_LOG_LEVEL", "", "info"),
        ("BACKUP_KEEP_LAST", "", None),
    ],
)
def test_a_value_is_what_its_text_means(name: str, text: str, value: object):
    assert env.parse({name: text}).get(name) == value


@pytest.mark.parametrize(
    "name", [name for name, variable in variables.VARIABLES.items() if "on or off" in variable.form]
)
def test_a_switch_takes_what_people_and_yaml_write(name: str):
    for texts, on in (("on true yes y t 1", True), ("off false no n f 0", False)):
        for text in texts.split():
            for written in (text, text.upper(), text.capitalize(), f" {text}"):
                assert env.parse({name: written}).get(name) in (on, "on" if on else "off"), written


@pytest.mark.parametrize("text", ["off", "False", "no", "n"])
def test_what_may_be_off_is_off_in_every_spelling(text: str):
    for name, variable in variables.VARIABLES.items():
        if re.search(r"\boff\b", variable.form):
            assert env.parse({name: text}).get(name) in (None, False, "off"), name


def test_a_delay_of_nothing_is_none():
    assert env.parse({"BACKUP_JITTER": "0", "BACKUP_STOP_GRACE": "0"}).get("BACKUP_STOP_GRACE") is None


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("BACKUP_KEEP_LAST", "ten", 'is "ten": it must be a whole number, 1 or more.'),
        ("BACKUP_KEEP_LAST", "0", 'is "0": it must be'),
        ("BACKUP_KEEP_LAST", "²", "it must be"),
        *(
            (f"BACKUP_KEEP_{rule}", text, f'is "{text}": it must be a whole number, 1 or more.')
            for rule in ("HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")
            for text in ("0", "-1", "1.5", "seven")
        ),
        ("BACKUP_KEEP_WITHIN", "a month", 'is "a month": it must be seconds, or a duration like 30d; off for none.'),
        ("BACKUP_MEDIA", "maybe", "it must be auto, on or off."),
        ("BACKUP_ON_START", "2", "it must be on or off."),
        ("BACKUP_TIMEOUT", "yes", "off for no limit."),
        ("BACKUP_TIMEOUT", "1000000000d", "off for no limit."),
        ("BACKUP_JITTER", "9" * 400, "off for none."),
        ("BACKUP_KEEP_LAST", "9" * 5000, "it must be a whole number, 1 or more."),
        ("PORT", "9" * 5000, "it must be a port."),
        ("BACKUP_COMPRESSION", "zstd:" + "9" * 5000, "it must be zstd, gzip or none"),
        ("BACKUP_TIME_ZONE", "Berlin", "it must be a name like Europe/Berlin."),
        ("BACKUP_TIME_ZONE", "../passwd", "it must be a name like Europe/Berlin."),
        ("BACKUP_TIMEOUT", "soon", "it must be seconds, or a duration like 90m or 2h; off for no limit."),
        ("BACKUP_TIMEOUT", "0", "off for no limit."),
        ("BACKUP_COMPRESSION", "zstd:20", "it must be zstd, gzip or none"),
        ("BACKUP_COMPRESSION", "lz4", "it must be zstd, gzip or none"),
        ("BACKUP_LOG_FORMAT", "xml", "it must be text or json."),
        ("BACKUP_REMOTE", ":sftp,host=h,pass=canary:x", "holds a password"),
        *((name, " ", "is blank. Give it a value, or leave it empty.") for name in ("BACKUP_REMOTE", "BACKUP_PROJECT")),
        (
            "BACKUP_ENCRYPTION_PASSWORD",
            "canary\ncanary",
            "has a value that is not valid: it must be a string of one line.",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(name: str, text: str, form: str):
    with pytest.raises(ConfigurationError) as refused:
        env.parse({name: text})
    assert str(refused.value).startswith(f"{name} ")
    assert form in str(refused.value)
    assert "canary" not in str(refused.value)


def test_every_default_fits_its_own_variable():
    assert env.parse({}).is_set("BACKUP_MEDIA") is False
    for name, variable in variables.VARIABLES.items():
        assert bool(variable.default) != bool(variable.unset), name
