"""Pytest hooks that measure the programs which the tests start, where the run itself is measured (`--cov`)."""

import marshal
import os
import shutil
import sysconfig
import tempfile
from collections.abc import Generator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

APP = Path(__file__).parents[2] / "app"
NAME = "django_rclone_measured"


def pytest_configure(config: pytest.Config) -> None:
    """Lets every Python of this environment that is started from here on be measured."""
    if not config.getoption("cov_source", None) or _is_worker(config):
        return
    # A file of this kind is the one thing that Python runs before whatever it is started with, also in its -I mode.
    packages = Path(sysconfig.get_path("purelib"))
    (packages / f"{NAME}.pth").write_text(f"import os; os.environ.get('COVERAGE_INTO') and __import__('{NAME}')\n")
    link = packages / f"{NAME}.py"
    link.unlink(missing_ok=True)
    link.symlink_to(Path(__file__).with_name("start.py"))
    os.environ |= {"COVERAGE_OF": f"{APP}/", "COVERAGE_INTO": tempfile.mkdtemp(prefix="django-rclone-coverage-")}


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Hands what was measured to coverage, after the last test and before coverage's own plugin combines all."""
    result = yield
    if "COVERAGE_INTO" in os.environ and not _is_worker(session.config):
        _hand_over(Path(os.environ["COVERAGE_INTO"]))
    return result


def _hand_over(folder: Path) -> None:
    pairs: dict[str, set[tuple[int, int]]] = {}
    for file in folder.glob("*.lines"):
        for name, found in marshal.loads(file.read_bytes()).items():
            pairs.setdefault(name, set()).update(found)
    unwanted = Coverage().get_option("run:omit")
    assert isinstance(unwanted, list)
    root = f"{APP.parent}/"
    wanted = {
        name: found
        for name, found in pairs.items()
        if not any(fnmatch(name.removeprefix(root), pattern) for pattern in unwanted)
    }
    data = CoverageData(suffix="programs")
    data.add_arcs(wanted)
    data.write()
    shutil.rmtree(folder)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
