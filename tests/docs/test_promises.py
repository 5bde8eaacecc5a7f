"""docs/databases.md: every answer about every database is shown by tests, some of which `make test` runs."""

import json
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


COLLECT = """
import json, sys
import pytest

class Found:
    def pytest_collection_finish(self, session):
        self.all = {item.nodeid: item.get_closest_marker("exhaustive") is None for item in session.items}

found = Found()
code = pytest.main(["-p", "no:cacheprovider", "--collect-only", "-qq", "--no-summary", *sys.argv[1:]], [found])
print("\\n" + json.dumps(found.all))
sys.exit(code)
"""
"""Prints the tests of some files, and of each whether `make test` runs it."""


@cache
def collected() -> dict[str, bool]:
    """Every test of the files that the page names, below tests/, and whether `make test` runs it.

    The name without parameters stands for all of them.
    """
    files = sorted({f"tests/{file}" for file in re.findall(r"`([\w/]+\.py)::", TEXT)})
    command = [sys.executable, "-c", COLLECT, *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, bool] = {}
    for name, quick in json.loads(done.stdout.splitlines()[-1]).items():
        for shown in {name.removeprefix("tests/"), name.removeprefix("tests/").partition("[")[0]}:
            found[shown] = found.get(shown, False) or quick
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_every_question_is_answered(section: str):
    assert [question for question, *_rest in rows(section)] == QUESTIONS
    assert all(answer and shown for _question, answer, shown in rows(section))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_answer_is_shown_by_tests_that_are_there(section: str):
    missing = [test for *_rest, shown in rows(section) for test in named(shown) if test not in collected()]
    assert missing == []


@pytest.mark.parametrize("question", QUESTIONS)
def test_make_test_shows_an_answer_to_every_question(question: str):
    shown = [cells[2] for section in SECTIONS for cells in rows(section) if cells[0] == question]
    assert [test for cell in shown for test in named(cell) if collected()[test]]


# The others are one of these with an extension or in another format.
@pytest.mark.parametrize("section", ["PostgreSQL", "MySQL", "MariaDB", "MongoDB", "SQLite"])
def test_make_test_shows_of_every_database_that_it_comes_back_and_that_a_damaged_backup_is_refused(section: str):
    shown = {question: named(cell) for question, _answer, cell in rows(section)}
    for question in ("restored exactly", "a restore that fails or is killed"):
        assert [test for test in shown[question] if collected()[test]], question


def test_every_database_of_the_contract_is_there():
    text = (ROOT / "tests/contract/conftest.py").read_text()
    (subjects,) = re.findall(r"^SUBJECTS = \((.*?)^\)", text, re.MULTILINE | re.DOTALL)
    for kind in {name.partition("-")[0] for name in re.findall(r'"([\w.-]+)"', subjects)} - {"folder"}:
        assert kind in {re.sub(r"\W.*", "", section).lower() for section in SECTIONS}
