"""The documentation as a site: mkdocs.yml."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.tables import ROOT

# What a browser would fetch by itself; links that people follow are not among it.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Fetches(HTMLParser):
    """Collects from a page what a browser would fetch, and classes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.classes |= set((told.get("class") or "").split())
        if told.get("rel") != "canonical" and (address := told.get(FETCHED.get(tag, ""))):
            self.found.append(address)


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site as `make docs` does."""
    script = root / "scripts/docs.sh"
    return subprocess.run([str(script), str(folder)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built."""
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_whoever_looks_finds_restoring_first(site: Path):
    text = (site / "index.html").read_text()
    links = re.findall(r'<a href="([^"]+)" class="md-nav__link', text)
    assert next(link for link in links if not link.startswith("#")) == "restore.html"


@pytest.mark.parametrize("named", ["README.md", *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))])
def test_every_page_is_on_the_site(site: Path, named: str):
    place = "index.html" if named == "README.md" else Path(named).with_suffix(".html").name
    assert "<h1" in (site / place).read_text()


def test_links_out_of_the_folder_of_documentation_lead_to_the_same_files(site: Path):
    assert re.search(r'href="index\.html[^"]*"', (site / "from-dbbackup.html").read_text())
    assert 'href="compose/postgresql/compose.yaml"' in (site / "start-compose.html").read_text()
    copied = (site / "compose/postgresql/compose.yaml").read_bytes()
    assert copied == (ROOT / "compose/postgresql/compose.yaml").read_bytes()
    assert 'href="helm/django-rclone/index.html"' in (site / "start-kubernetes.html").read_text()
    assert 'href="BackupOverdue.html"' in (site / "runbooks/index.html").read_text()


def test_the_site_fetches_nothing_from_elsewhere(site: Path):
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        parser = Fetches()
        parser.feed(page.read_text())
        assert [address for address in parser.found if re.match(r"(\w+:)?//", address)] == []
        # The theme would fetch what draws it.
        assert "mermaid" not in parser.classes
    for sheet in site.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", sheet.read_text())


def test_a_link_to_nowhere_and_a_page_that_nobody_finds_are_errors(tmp_path: Path):
    copy = tmp_path / "copy"
    for name in ("docs", "compose", "helm", "scripts", "requirements", "tests/docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("mkdocs.yml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    (copy / ".venvs").symlink_to(ROOT / ".venvs")
    (copy / "docs" / "stray.md").write_text(
        "# Stray\n\n[Nowhere](nowhere.md), [no such heading](restore.md#nonsense)\n"
    )
    done = build(copy, tmp_path / "built")
    assert done.returncode != 0
    assert "stray.md" in done.stderr
    assert "'nowhere.md'" in done.stderr
    assert "#nonsense" in done.stderr
