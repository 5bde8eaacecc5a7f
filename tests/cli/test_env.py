"""The environment variables: what they take, and the warnings about those that are mistyped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.environment import read as env
from django_rclone_sidecar.environment import variables

KUBERNETES = [
    *("BACKUP_SERVICE_HOST", "BACKUP_SERVICE_PORT", "BACKUP_SERVICE_PORT_HTTP", "BACKUP_PORT"),
    *("BACKUP_PORT_8000_TCP", "BACKUP_PORT_8000_TCP_PROTO", "BACKUP_PORT_8000_TCP_PORT", "BACKUP_PORT_8000_TCP_ADDR"),
    *("BACKUP_WEB_SERVICE_HOST", "BACKUP_WEB_PORT_53_UDP_ADDR"),
]


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


def test_a_value_may_lie_in_a_file(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("kept\n")
    read = env.parse({"BACKUP_ENCRYPTION_PASSWORD_FILE": str(secret)})
    assert read.get("BACKUP_ENCRYPTION_PASSWORD") == "kept"
    assert read.secrets == ["kept"]
    assert "BACKUP_ENCRYPTION_PASSWORD_FILE" not in read.texts
    assert read.warnings == ()


def test_a_file_that_cannot_be_read_fails_loudly(tmp_path: Path):
    name = "BACKUP_ENCRYPTION_PASSWORD_FILE"
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    for file, why in (
        ("missing", "No such file"),
        ("empty", "is empty"),
        ("binary", "it is not text"),
        ("", "directory"),
    ):
        with pytest.raises(ConfigurationError, match=why) as refused:
            env.parse({name: str(tmp_path / file)})
        assert str(refused.value).startswith(name)


def test_the_url_of_any_alias_may_lie_in_a_file(tmp_path: Path):
    (tmp_path / "url").write_text("postgres://canary\n")
    read = env.parse({"DATABASE_URL_FILE": str(tmp_path / "url"), "DATABASE_URL_REPORTS_FILE": str(tmp_path / "url")})
    assert read.texts == {"DATABASE_URL": "postgres://canary", "DATABASE_URL_REPORTS": "postgres://canary"}
    assert read.secrets == ["postgres://canary"] * 2


def test_other_names_that_end_like_twins_are_left_alone(tmp_path: Path):
    given = {"TARGET_JSON_FILE": "/nowhere/target.json", "SECRET_KEY_FILE": "/nowhere/key"}
    assert env.parse(given).texts == given


def test_a_value_and_its_file_at_once_are_a_contradiction(tmp_path: Path):
    (tmp_path / "zone").write_text("UTC")
    given = {"BACKUP_TIME_ZONE_FILE": str(tmp_path / "zone"), "BACKUP_TIME_ZONE": "UTC"}
    with pytest.raises(ConfigurationError, match="BACKUP_TIME_ZONE and BACKUP_TIME_ZONE_FILE are both set"):
        env.parse(given)
    assert env.parse(given | {"BACKUP_TIME_ZONE": ""}).get("BACKUP_TIME_ZONE") == "UTC"


def test_a_mistyped_name_is_a_warning_with_what_was_meant():
    warnings = env.parse(
        {"BACKUP_REMOT": "x", "BACKUP_ENCRYPTION_PASWORD_FILE": "x", "BACKUP_ZZZZZZZ": "x", "OTHER": "x"}
    ).warnings
    assert warnings == (
        "The variable BACKUP_ENCRYPTION_PASWORD_FILE is unknown and has no effect. Did you mean "
        "BACKUP_ENCRYPTION_PASSWORD_FILE?",
        "The variable BACKUP_REMOT is unknown and has no effect. Did you mean BACKUP_REMOTE?",
        'The variable BACKUP_ZZZZZZZ is unknown and has no effect. See "Environment variables" in the documentation: '
        "https://django-rclone.readthedocs.io/",
    )


def test_what_kubernetes_says_of_a_service_called_backup_is_no_mistake():
    assert env.parse(dict.fromkeys(KUBERNETES, "tcp://10.0.0.1:80")).warnings == ()


def test_every_default_fits_its_own_variable():
    assert env.parse({}).is_set("BACKUP_MEDIA") is False
    for name, variable in variables.VARIABLES.items():
        assert bool(variable.default) != bool(variable.unset), name
