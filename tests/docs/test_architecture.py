"""docs/architecture.md: what it names by hand is there, and no package is left out."""

import re

from tests.docs import architecture
from tests.docs.tables import ROOT, rewritten

PAGE = ROOT / "docs/architecture.md"
TEXT = PAGE.read_text()


def test_the_page_is_what_the_source_is_now():
    assert rewritten(TEXT) == TEXT, "run: python -m tests.docs"


def test_every_package_has_a_section():
    headings = re.findall(r"^### (.+)/$", TEXT, re.MULTILINE)
    assert headings == [name.replace(".", "/") for name in architecture.packages()]


def test_every_module_says_what_it_is():
    assert [module.name for module in architecture.modules().values() if not module.summary] == []


def test_the_steps_of_a_backup_name_modules():
    steps = TEXT.partition("\n## How a backup works\n")[2].partition("\n## ")[0]
    names = re.findall(r"^\d\. `(\w+)`", steps, re.MULTILINE)
    assert names
    assert set(names) <= set(architecture.children("django_rclone"))


def test_the_other_folders_are_there():
    rest = TEXT.partition("\n## Other folders\n")[2]
    names = re.findall(r"`([\w/.]+[/\w])`", rest.replace("`make`", "").replace("`make demo`", ""))
    assert names
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_every_folder_of_tests_is_named():
    folders = [path.parent for path in (ROOT / "tests").glob("*/__init__.py")]
    assert [folder.name for folder in folders if f"`tests/{folder.name}/`" not in TEXT] == []


def test_the_modules_that_the_hand_written_parts_name_are_there():
    written = re.sub(r"<!-- table: .*?<!-- end -->", "", TEXT.partition("\n## Other folders\n")[0], flags=re.DOTALL)
    rules = re.findall(r"^\| (.*) \| .* \|$", written.partition("\n## Rules\n")[2].partition("\n## ")[0], re.MULTILINE)
    names = re.findall(r"`([\w/.]+)`", "\n".join(rules)) + re.findall(r"`(\w+(?:/[\w/.]*|\.py))`", written)
    assert len(names) > len(rules)
    known = [f".{name}" for name in architecture.modules()]
    modules = [name for name in names if not name.startswith(("tests/", "app/"))]
    dotted = [(name, "." + name.removesuffix(".py").rstrip("/").replace("/", ".")) for name in modules]
    assert [name for name, ending in dotted if not any(module.endswith(ending) for module in known)] == []
