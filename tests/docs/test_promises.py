"""docs/databases.md: every answer about every database is shown by tests that `make test` runs."""

import re
import subprocess
import sys
from functools import cache

import pytest

from tests.docs.tables import ROOT

TEXT = (ROOT / "docs/databases.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", TEXT, re.MULTILINE))
QUESTIONS = [
    *("restored exactly", "created after the backup", "consistent snapshot"),
    *("a restore that fails or is killed", "not restored exactly", "needed to back up", "needed to restore"),
    *("`--into NAME`", "with plain tools", "made by django-rclone 0.4"),
]


def rows(section: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines if not line.startswith(("| |", "| ---"))]


def named(cell: str) -> list[str]:
    """The tests that a cell names: `file::test` on `parameter`, `parameter`; `file::test`."""
    found = []
    for entry in cell.split("; "):
        test, _, parameters = entry.partition(" on ")
        name = test.strip("`")
        found += [f"{name}[{parameter.strip('`')}]" for parameter in parameters.split(", ")] if parameters else [name]
    return found


@cache
def collected() -> frozenset[str]:
    """Every test of `make test`, with its parameters and without, below tests/."""
    pytest = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
    command = [*pytest, "--collect-only", "-q", "tests"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    ids = {line.removeprefix("tests/") for line in done.stdout.splitlines() if "::" in line}
    return frozenset(ids | {name.partition("[")[0] for name in ids})


@pytest.mark.parametrize("section", SECTIONS)
def test_every_question_is_answered(section: str):
    assert [question for question, *_rest in rows(section)] == QUESTIONS
    assert all(answer and shown for _question, answer, shown in rows(section))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_answer_is_shown_by_tests_that_are_there(section: str):
    missing = [test for *_rest, shown in rows(section) for test in named(shown) if test not in collected()]
    assert missing == []


def test_every_database_of_the_contract_is_there():
    text = (ROOT / "tests/contract/conftest.py").read_text()
    (subjects,) = re.findall(r"^SUBJECTS = \((.*?)^\)", text, re.MULTILINE | re.DOTALL)
    for kind in {name.partition("-")[0] for name in re.findall(r'"([\w.-]+)"', subjects)} - {"folder"}:
        assert kind in {re.sub(r"\W.*", "", section).lower() for section in SECTIONS}
