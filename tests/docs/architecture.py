"""The map of the source, drawn from the modules under app/: their imports and the first lines of their docstrings."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path

APP = Path(__file__).parents[2] / "app"

ROWS: Mapping[str, Sequence[Sequence[str]]] = {
    "django_rclone": (
        ("apps", "management"),
        ("verify",),
        ("drill",),
        ("backup", "restore", "prune", "listing", "checks"),
        ("media",),
        ("selection", "retention", "anomaly"),
        ("clocks",),
        ("db",),
        ("catalog", "conf", "restore_guide"),
        ("folder_overlap",),
        ("rclone",),
        ("process", "media_record"),
        ("command", "streams", "layout", "signals", "batch"),
        ("verification",),
        ("display",),
        ("masking", "output_errors", "exceptions", "target_json"),
        ("setting_names", "exit_codes"),
    ),
    "django_rclone_sidecar": (
        ("__main__",),
        ("cli",),
        ("commands",),
        ("doctor",),
        ("runs", "web"),
        ("bootstrap", "notifications"),
        ("monitoring", "settings"),
        ("history", "target_project", "setting_names"),
        ("environment", "logs"),
        ("scheduler", "report", "rclone_config"),
        ("arguments", "container", "memory_folder", "spawn", "versions"),
    ),
}
"""The order of what lies directly in each of the two packages: a row may import the rows below it, and no other row.

This is the only place where the order is written. A new module or package needs a place in it.
"""

_WIDTH = 52
_BY_NAME = ("import_module", "__import__", "run_module")


@dataclass(frozen=True, slots=True)
class Module:
    """One module under app/, named with dots; a package's ``__init__.py`` has the package's name."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring, as one line."""
        return " ".join((ast.get_docstring(self.tree) or "").partition("\n\n")[0].split())


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One module of ours imports another, or starts it by name with ``import_module``."""

    importer: str
    imported: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"

    def between(self, package: str) -> tuple[str, str] | None:
        """Returns which child of a package imports which other one, or None if this import stays inside or leaves it.

        The package's own ``__init__.py`` counts as a child.
        """
        ends = child(package, self.importer), child(package, self.imported)
        return (ends[0], ends[1]) if ends[0] and ends[1] and ends[0] != ends[1] else None


@cache
def modules() -> Mapping[str, Module]:
    """Returns every module under app/ by its dotted name."""
    return {name: Module(name, path, ast.parse(path.read_text(), str(path))) for name, path in _paths().items()}


@cache
def _paths() -> Mapping[str, Path]:
    """Returns the path of every module by its dotted name. To parse all of them takes half a second."""
    found = {}
    for path in sorted(APP.rglob("*.py")):
        parts = path.relative_to(APP).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def packages() -> list[str]:
    """Returns the dotted name of every package under app/."""
    return [name for name, path in _paths().items() if path.name == "__init__.py"]


def children(package: str) -> list[str]:
    """Returns the names of the modules and packages that lie directly in a package."""
    names = (name.rpartition(".") for name in modules())
    return sorted(last for parent, _, last in names if parent == package)


def child(package: str, module: str) -> str:
    """Returns the child of a package that a module is or lies in; an empty string if it lies elsewhere."""
    if module == package:
        return "__init__"
    return module.removeprefix(f"{package}.").partition(".")[0] if module.startswith(f"{package}.") else ""


@cache
def imports() -> Sequence[Import]:
    """Returns every import of one of our modules by another: at the top, in a function, for types, and by name."""
    return sorted({edge for module in modules().values() for edge in imports_of(module, modules())})


def imports_of(module: Module, known: Iterable[str]) -> Iterator[Import]:
    """Yields a module's imports of known modules."""
    constants = dict(_constants(module.tree))
    for node in ast.walk(module.tree):
        for name in _imported(node, module, constants):
            if (found := _known(name, known)) and found != module.name:
                yield Import(module.name, found, getattr(node, "lineno", 0))


def _imported(node: ast.AST, module: Module, constants: Mapping[str, str]) -> Iterator[str]:
    """Yields the dotted names that a statement or call imports, which may go on to a class or function."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        start = node.module or ""
        if node.level:
            folder = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
            start = ".".join([*folder[: len(folder) - node.level + 1], *([node.module] if node.module else [])])
        yield from (f"{start}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and _called(node) in _BY_NAME:
        yield from (_literal(argument, constants) for argument in _first(node))


def _first(call: ast.Call) -> list[ast.expr]:
    """Returns a call's first argument, or those that are given by name."""
    return call.args[:1] or [keyword.value for keyword in call.keywords]


def _called(call: ast.Call) -> str:
    """Returns the last part of the name of the function that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _literal(node: ast.expr, constants: Mapping[str, str]) -> str:
    """Returns a string as far as the source shows it: of an f-string, what stands before the first placeholder."""
    if isinstance(node, ast.JoinedStr):
        start = node.values[0] if node.values else node
        return _literal(start, constants)
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    return str(node.value) if isinstance(node, ast.Constant) else ""


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yields the module's names for strings."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _known(name: str, known: Iterable[str]) -> str:
    """Returns the longest beginning of a dotted name that is a known module; an empty string if none is."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def graph(package: str, edges: Iterable[Import]) -> dict[str, dict[str, list[Import]]]:
    """Returns which child of a package imports which other child, and by which imports."""
    found: dict[str, dict[str, list[Import]]] = {}
    for edge in edges:
        if ends := edge.between(package):
            found.setdefault(ends[0], {}).setdefault(ends[1], []).append(edge)
    return found


def circles(package: str, edges: Iterable[Import]) -> list[list[Import]]:
    """Returns a circle of imports for each child of a package that imports itself through others."""
    steps = graph(package, edges)
    found: dict[frozenset[str], list[Import]] = {}
    for start in steps:
        paths: list[list[str]] = [[start]]
        seen = set()
        for path in paths:  # grows meanwhile: the shortest circle comes first
            for name in steps.get(path[-1], {}):
                if name == start:
                    found.setdefault(
                        frozenset(path), [steps[a][b][0] for a, b in zip(path, [*path[1:], start], strict=True)]
                    )
                elif name not in seen:
                    seen.add(name)
                    paths.append([*path, name])
    return list(found.values())


def not_downwards(package: str, rows: Sequence[Sequence[str]], edges: Iterable[Import]) -> list[Import]:
    """Returns the imports between the children of a package that go to a higher row or stay in the same one."""
    place = {name: number for number, row in enumerate(rows) for name in row}
    ends = ((edge, edge.between(package)) for edge in edges)
    return [
        edge
        for edge, pair in ends
        if pair and "__init__" not in pair and place.get(pair[0], -1) >= place.get(pair[1], -1)
    ]


_STARTS = re.compile(
    r"(?:subprocess|_posixsubprocess|pty|multiprocessing)(?:\..*)?"
    r"|os\.(?:exec|spawn|posix_spawn|fork|popen|system|startfile)\w*"
    r"|(?:.*\.)?(?:ProcessPoolExecutor|create_subprocess_(?:exec|shell)|subprocess_(?:exec|shell))"
)


def starts_programs(tree: ast.Module) -> list[str]:
    """Returns the names in a module by which it could start a program itself."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            names.add(ast.unparse(node))
        elif isinstance(node, ast.Call) and _called(node) in _BY_NAME:
            names.update(_literal(argument, {}) for argument in _first(node))
    return sorted(name for name in names if _STARTS.fullmatch(name))


def picture() -> str:
    """Returns the rows of the two packages next to each other, as text."""
    sidecar, app = (
        [name, "", *(_row(name, row) for row in ROWS[name])] for name in ("django_rclone_sidecar", "django_rclone")
    )
    lines = (f"{left:<{_WIDTH}}{right}".rstrip() for left, right in zip_longest(sidecar, app, fillvalue=""))
    return "\n".join(["```text", *lines, "```"])


def _row(package: str, names: Sequence[str]) -> str:
    found = modules()
    shown = (f"{name}/" if found[f"{package}.{name}"].is_package else name for name in names)
    return "  " + "  ".join(shown)


def package_tables(top: str) -> str:
    """Returns a section with a table of modules for a package and for each package in it."""
    inside = [name for name in packages() if name == top or name.startswith(f"{top}.")]
    return "\n\n".join(_section(name, top) for name in sorted(inside, key=lambda name: name.split(".")))


def _section(package: str, top: str) -> str:
    parts = [f"### {package.replace('.', '/')}/"]
    if summary := _marked_up(modules()[package].summary):
        parts.append(summary)
    found = [modules()[f"{package}.{name}"] for name in children(package)]
    rows = [(f"`{child(package, module.name)}.py`", module.summary) for module in found if not module.is_package]
    if package == top:
        # The packages in it have sections below; what has none, such as tests' data, is no package.
        rows += [(f"`{child(package, module.name)}/`", module.summary) for module in found if module.is_package]
    if rows:
        lines = [("module", "what it is"), ("---", "---"), *((name, _marked_up(text)) for name, text in rows)]
        parts.append("\n".join(f"| {name} | {text.replace('|', '\\|')} |" for name, text in lines))
    return "\n\n".join(parts)


def _marked_up(summary: str) -> str:
    """Returns a summary as Markdown; docstrings quote code in double backticks."""
    return re.sub(r"``([^`]+)``", r"`\1`", summary)
