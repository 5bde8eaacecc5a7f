"""README.md and docs/ say what the code does."""

import ast
import dataclasses
import re
import textwrap
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from django_rclone import DOCUMENTATION, catalog, signals
from django_rclone.db.mongodb.connector import MongoDumpConnector
from django_rclone.db.mysql.connector import MysqlDumpConnector
from django_rclone.db.postgresql.connector import PgDumpConnector, PgDumpGisConnector
from django_rclone.db.sqlite.connector import SqliteConnector
from django_rclone.layout.manifest import Manifest, StoredObject
from django_rclone.media_record import MediaRecord
from django_rclone_sidecar import cli
from django_rclone_sidecar.monitoring.state import DatabaseState, MediaState, OverallState
from django_rclone_sidecar.web import status
from tests.docs import architecture, tables

RUNBOOKS = sorted((tables.ROOT / "docs/runbooks").glob("*.md"))
TEXTS = [
    *tables.pages(),
    *RUNBOOKS,
    *(tables.ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
]


def names(page: str, title: str) -> list[str]:
    """The names in the first column of the first table whose title, or whose section's, is this."""
    rest = (tables.ROOT / page).read_text().partition(title)[2]
    (table,) = re.findall(r"\n\n\|.*?\n\| ---.*?\n(.*?)\n(?:\n|$)", rest, re.DOTALL)[:1]
    return [name for row in table.splitlines() for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


def by_path(path: Path) -> str:
    return str(path.relative_to(tables.ROOT))


@pytest.mark.parametrize("page", tables.pages(), ids=by_path)
def test_generated_tables_are_what_the_code_has_now(page: Path):
    assert tables.rewritten(page.read_text()) == page.read_text(), "run: python -m tests.docs"


def test_every_table_is_shown_somewhere():
    shown = {name for page in tables.pages() for name in tables.names(page.read_text())}
    assert shown == tables.TABLES.keys()


@pytest.mark.parametrize("name", tables.COMMANDS)
def test_help_tells_the_options_that_are_documented(name: str, capsys: pytest.CaptureFixture[str]):
    command = tables.load_command_class("django_rclone", name)
    with pytest.raises(SystemExit):
        command.create_parser("manage.py", name).parse_args(["--help"])
    shown = "".join(capsys.readouterr().out.split())
    section = (tables.ROOT / "docs/commands.md").read_text().partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    rows = [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| `-")]
    assert rows
    for spelled, meaning in rows:
        assert all(flag.split()[0] in shown for flag in re.findall(r"`([^`]+)`", spelled))
        assert "".join(meaning.replace("\\|", "|").split()) in shown


def test_messages_refer_to_pages_of_the_documentation():
    project = tomllib.loads((tables.ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Documentation"] == DOCUMENTATION
    titles = {line.lstrip("# ") for page in tables.pages() for line in page.read_text().splitlines() if line[:1] == "#"}
    sources = [module.path.read_text() for module in architecture.modules().values()]
    named = [
        title for source in sources for title in re.findall(r"""see_documentation\(\s*["']([^"']+)["']\s*\)""", source)
    ]
    assert len(named) == sum(source.count("see_documentation(") for source in sources) - 1, "one is not a literal"
    assert {*named, *re.findall(r'see\s+"([^"]+)"\s+in the documentation', cli.usage())} <= titles


def test_no_message_names_a_file_that_an_installation_does_not_have():
    for module in architecture.modules().values():
        nodes = list(ast.walk(module.tree))
        docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        strings = [str(n.value) for n in nodes if isinstance(n, ast.Constant) and id(n) not in docstrings]
        assert not [string for string in strings if re.search(r"\bdocs/\w+\.md\b", string)], module.name


def test_every_command_is_documented():
    folder = tables.ROOT / "app/django_rclone/management/commands"
    assert sorted(tables.COMMANDS) == sorted(file.stem for file in folder.glob("[!_]*.py"))


def test_the_manifests_fields_are_documented():
    documented = names("docs/format.md", "## The manifest")
    assert documented == ["schema", *(field.name for field in dataclasses.fields(Manifest))]
    assert names("docs/format.md", "An entry of `objects`") == [f.name for f in dataclasses.fields(StoredObject)]


def test_every_field_of_the_media_record_is_documented() -> None:
    documented = names("docs/format.md", "## The record of the media mirror")
    assert documented == ["schema", *(f.name for f in dataclasses.fields(MediaRecord))]


def test_the_fields_of_status_are_documented():
    database = DatabaseState("default", "sqlite", "")
    document = status.document(OverallState(datetime.now(UTC), databases=(database,), media=MediaState()))
    assert names("docs/monitoring.md", "## /status") == list(document)
    assert names("docs/monitoring.md", "An entry of `databases`") == list(document["databases"][0])
    rest = (tables.ROOT / "docs/monitoring.md").read_text().partition("## /status")[2]
    for inner in ("remote", "media"):
        (row,) = re.findall(rf"^\| `{inner}` \| (.*) \|$", rest, re.MULTILINE)
        assert set(document[inner]) == set(re.findall(r"`(\w+)`", row)) - {"null"}


def test_the_states_of_backups_are_documented():
    assert names("docs/commands.md", "What the states mean:") == [state.value for state in catalog.BackupState]


def test_the_connectors_options_are_documented():
    assert set(names("docs/settings.md", "PostgreSQL and PostGIS:")) == PgDumpConnector.option_names
    assert PgDumpGisConnector.option_names == PgDumpConnector.option_names
    assert set(names("docs/settings.md", "MySQL and MariaDB:")) == MysqlDumpConnector.option_names
    assert set(names("docs/settings.md", "SQLite:")) == SqliteConnector.option_names
    assert set(names("docs/settings.md", "MongoDB:")) == MongoDumpConnector.option_names


def test_the_signals_are_documented():
    commands = (tables.ROOT / "docs/commands.md").read_text()
    (line,) = [line for line in commands.splitlines() if line.startswith("Signals, in")]
    known = {name for name, value in vars(signals).items() if isinstance(value, signals.Signal)}
    assert set(re.findall(r"`(\w+_(?:backup|restore|failed))`", line)) == known


def test_promises_name_tests_that_are_there():
    promises = (tables.ROOT / "docs/promises.md").read_text().partition("## What is promised")[2].partition("\n## ")[0]
    named = re.findall(r"`(tests/[\w/]+\.py)`", promises)
    assert named
    assert [path for path in named if "\ndef test_" not in (tables.ROOT / path).read_text()] == []


@pytest.mark.parametrize("page", TEXTS, ids=by_path)
def test_links_lead_somewhere(page: Path):
    text = page.read_text()
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        found = (page.parent / path) if path else page
        assert found.exists(), target
        headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE) if found.is_file() else []
        assert not anchor or anchor in {_anchor(heading) for heading in headings}, target


def _anchor(heading: str) -> str:
    """The anchor that forges and MkDocs give a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_pages_that_the_code_sends_people_to_are_there():
    sources = [file for folder in ("app", "tests", "scripts") for file in (tables.ROOT / folder).rglob("*.*")]
    texts = [file.read_text() for file in sources if file.suffix in (".py", ".sh", ".sql")]
    pages = {page for text in texts for page in re.findall(r"\bdocs/[\w-]+\.md", text)}
    assert [page for page in pages if not (tables.ROOT / page).is_file()] == []


@pytest.mark.parametrize("page", TEXTS, ids=by_path)
def test_the_makefile_has_what_the_pages_tell_people_to_make(page: Path):
    makefile = (tables.ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE):
        assert f"\n{target}: ## " in makefile, target


@pytest.mark.parametrize("page", tables.pages(), ids=by_path)
def test_python_in_the_pages_is_python(page: Path):
    for block in re.findall(r"^ *```python\n(.*?)```", page.read_text(), re.DOTALL | re.MULTILINE):
        ast.parse(textwrap.dedent(block))
