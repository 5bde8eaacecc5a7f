"""Environment variables: values in files, and warnings about names that are mistyped."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.exceptions import ConfigurationError
from django_rclone_sidecar.environment import read as env

KUBERNETES = [
    *("BACKUP_SERVICE_HOST", "BACKUP_SERVICE_PORT", "BACKUP_SERVICE_PORT_HTTP", "BACKUP_PORT"),
    *("BACKUP_PORT_8000_TCP", "BACKUP_PORT_8000_TCP_PROTO", "BACKUP_PORT_8000_TCP_PORT", "BACKUP_PORT_8000_TCP_ADDR"),
    *("BACKUP_WEB_SERVICE_HOST", "BACKUP_WEB_PORT_53_UDP_ADDR"),
]


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
