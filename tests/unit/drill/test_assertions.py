"""Files of assertions."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_rclone.drill import assertions
from django_rclone.drill.assertions import Assertion
from django_rclone.exceptions import ConfigurationError


def load(folder: Path, text: str) -> list[Assertion]:
    path = folder / "assertions.toml"
    path.write_text(text)
    return assertions.load(path)


def test_assertions_have_a_query_an_expected_value_and_a_database(tmp_path: Path):
    text = """
        [[assertion]]
        query = " SELECT count(*) FROM a "
        expected = 12
        [[assertion]]
        database = "other"
        query = '''SELECT "x"
        FROM a'''
        expected = "t"
    """
    first, second = load(tmp_path, text)
    assert first == Assertion("SELECT count(*) FROM a", "12", "default")
    assert (second.expected, second.database) == ("t", "other")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"it has no \[\[assertion\]\]"),
        ("x = ", "Invalid value"),
        ("assertion = 1", r"it has no \[\[assertion\]\]"),
        ("assertions = []", 'it has an unknown key "assertions"'),
        ("[[assertion]]\nquery = 'SELECT 1'", "assertion 1 has no expected value"),
        ("[[assertion]]\nquery = 'SELECT 1'\nexpected = true", "assertion 1 has no expected value"),
        ("[[assertion]]\nquery = 'SELECT 1'\nexpected = 1.5", "assertion 1 has no expected value"),
        ("[[assertion]]\nquery = ' '\nexpected = 1", "assertion 1 has no query"),
        ('[[assertion]]\nquery = "a\\u0000"\nexpected = 1', "assertion 1 has no query"),
        ("[[assertion]]\nquery = 'SELECT 1'\nexpected = 1\nequals = 2", 'assertion 1 has an unknown key "equals"'),
        ("[[assertion]]\nquery = 'SELECT 1'\nexpected = 1\ndatabase = ''", "a database that is not an alias"),
    ],
)
def test_a_file_of_another_form_is_one_line(tmp_path: Path, text: str, problem: str):
    with pytest.raises(ConfigurationError, match=f"^DRILL_ASSERTIONS .* cannot be used: .*{problem}") as raised:
        load(tmp_path, text)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_text(tmp_path: Path):
    (tmp_path / "assertions.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        assertions.load(tmp_path / "assertions.toml")


def test_a_file_that_is_missing(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="cannot be read: No such file or directory"):
        assertions.load(tmp_path / "none.toml")
