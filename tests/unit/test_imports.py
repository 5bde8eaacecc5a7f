"""The imports under app/ go one way, and only one package starts programs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.docs import architecture
from tests.docs.architecture import Import, Module

MOST_MODULES = 26
"""In one package, without its ``__init__.py``."""

STARTERS = "django_rclone.process"
"""There are no exceptions. (gunicorn, which ``web/server.py`` calls, forks its worker itself.)"""


def module(name: str, source: str, *, package: bool = False) -> Module:
    return Module(name, Path("__init__.py" if package else "module.py"), ast.parse(source))


def top(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("package", architecture.packages())
def test_no_package_holds_a_circle_of_imports(package: str):
    found = architecture.circles(package, architecture.imports())
    assert [" and ".join(map(str, circle)) for circle in found] == []


@pytest.mark.parametrize("package", architecture.ROWS)
def test_every_import_goes_down(package: str):
    found = architecture.not_downwards(package, architecture.ROWS[package], architecture.imports())
    assert [str(edge) for edge in found] == []


@pytest.mark.parametrize("package", architecture.ROWS)
def test_every_module_has_its_place_in_the_order(package: str):
    names = [name for row in architecture.ROWS[package] for name in row]
    assert sorted(names) == architecture.children(package), "add it to ROWS in tests/docs/architecture.py"


def test_the_app_never_imports_the_sidecar():
    app = [module for name, module in architecture.modules().items() if top(name) == "django_rclone"]
    assert app
    edges = [edge for edge in architecture.imports() if top(edge.importer) != top(edge.imported)]
    assert {(top(edge.importer), top(edge.imported)) for edge in edges} == {("django_rclone_sidecar", "django_rclone")}
    # Nor does it name the sidecar in a string, by which it could be loaded.
    assert [module.name for module in app if "django_rclone_sidecar" in module.path.read_text()] == []


def test_only_one_package_starts_programs():
    found = {
        name: starts
        for name, module in architecture.modules().items()
        if (starts := architecture.starts_programs(module.tree))
    }
    assert found, "nothing starts programs: the test looks for the wrong names"
    assert {name: starts for name, starts in found.items() if name.rpartition(".")[0] != STARTERS} == {}


@pytest.mark.parametrize("package", architecture.packages())
def test_no_package_has_too_many_modules(package: str):
    found = [
        name for name in architecture.children(package) if not architecture.modules()[f"{package}.{name}"].is_package
    ]
    assert len(found) <= MOST_MODULES


@pytest.mark.parametrize(
    "source",
    [
        "import house.roof.tiles",
        "import house.roof.tiles as t",
        "from house.roof import tiles",
        "from house.roof.tiles import Tile",
        "from .roof import tiles",
        "from . import roof",
        "def later():\n    from house.roof import tiles",
        "if TYPE_CHECKING:\n    from house.roof import tiles",
        "import_module('house.roof.tiles')",
        "importlib.import_module(f'house.roof.{name}')",
        "_ROOF = 'house.roof'\ndef later():\n    return import_module(_ROOF)",
        "import_module(name='house.roof')",
    ],
)
def test_every_form_of_import_is_seen(source: str):
    known = {"house", "house.cellar", "house.roof", "house.roof.tiles"}
    (edge,) = architecture.imports_of(module("house.cellar", source), known)
    assert edge.between("house") == ("cellar", "roof")


def test_an_import_of_the_package_is_one_of_its_init():
    (edge,) = architecture.imports_of(module("house.cellar", "from house import Key"), {"house", "house.cellar"})
    assert edge.between("house") == ("cellar", "__init__")


def test_circles_are_found():
    edges = [
        Import("house.cellar", "house.stairs.up", 1),
        Import("house.stairs.down", "house.roof", 2),
        Import("house.roof", "house.cellar", 3),
        Import("house.roof", "house.sky", 4),
    ]
    (circle,) = architecture.circles("house", edges)
    assert set(circle) == set(edges[:3])
    assert architecture.circles("house", edges[1:]) == []
    assert architecture.circles("house.stairs", edges) == []


def test_imports_that_go_up_or_sideways_are_found():
    rows = [("roof",), ("attic", "balcony"), ("cellar",)]
    down, up, sideways = (
        Import("house.roof", "house.cellar.door", 1),
        Import("house.cellar.door", "house.attic", 2),
        Import("house.attic", "house.balcony", 3),
    )
    inside = Import("house.cellar.door", "house.cellar.lock", 4)
    assert architecture.not_downwards("house", rows, [down, up, sideways, inside]) == [up, sideways]


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess",
        "from subprocess import run",
        "import multiprocessing.pool",
        "import pty",
        "import os\nos.execv(path, argv)",
        "import os\nos.posix_spawnp(path, argv, {})",
        "from os import spawnl",
        "os.popen('ls')",
        "os.system('ls')",
        "os.fork()",
        "concurrent.futures.ProcessPoolExecutor()",
        "asyncio.create_subprocess_exec('ls')",
        "import_module('subprocess')",
    ],
)
def test_every_way_to_start_a_program_is_seen(source: str):
    assert architecture.starts_programs(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["import os\nos.kill(1, 9)", "import signal", "from os import path", "print('os.fork')"]
)
def test_what_starts_no_program_is_not_taken_for_it(source: str):
    assert architecture.starts_programs(ast.parse(source)) == []
