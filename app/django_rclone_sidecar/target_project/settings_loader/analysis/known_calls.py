"""Names of functions and attributes by which a statement's effect is known."""

from __future__ import annotations

import ast
import sys

MUTATORS = frozenset(
    (
        *("update", "setdefault", "pop", "popitem", "clear", "append", "extend", "insert", "remove", "add"),
        *("discard", "sort", "reverse", "__setitem__"),
    )
)
# Take their arguments as they are: passing something to these changes nothing.
PURE = frozenset(
    (
        *("str", "int", "float", "bool", "len", "repr", "print", "isinstance", "issubclass", "dict", "list"),
        *("tuple", "set", "frozenset", "sorted", "any", "all", "min", "max", "sum", "getattr", "hasattr"),
        *("callable", "type", "id", "Path", "join", "urlparse", "quote", "quote_plus", "dumps", "deepcopy"),
        *("copy",),
    )
)
NAMESPACE_CALLS = frozenset(["globals", "locals", "vars", "exec", "eval", "setattr", "delattr", "include"])
FOREIGN_NAMES = frozenset(
    (
        *("f_globals", "f_locals", "f_builtins", "__globals__", "modules", "_current_frames"),
        *("get_referrers", "get_referents", "get_objects", "pythonapi", "py_object"),
    )
)
"""Ways to the names of other modules."""
NO_SETTINGS = (sys.stdlib_module_names - {"__main__"}) | {
    *("pysqlite3", "MySQLdb", "pymysql", "psycopg2", "psycopg2cffi", "psycopg"),
}
"""Modules that have no settings: who replaces one changes no setting."""
PYTHONS_OWN_PLACE = frozenset(["sys.prefix", "sys.exec_prefix", "sys.base_prefix", "sys.executable"])
FRAMES = frozenset(("_getframe", "currentframe", "stack", "trace", "tb_frame", "f_back", "gi_frame", "walk_stack"))
MODULES = frozenset(("import_module", "__import__", "reload", "import_string"))
BY_ANY_WORD = frozenset(("getattr", "getmembers", "attrgetter", "__getattribute__"))
ONLY_ASK = frozenset(
    (
        *("getLogger", "get_logger", "getChild", "version", "metadata", "distribution", "get_distribution", "files"),
        *("find_spec", "import_module", "resource_filename", "resource_string", "get_data", "entry_points"),
    )
)
"""Are told the name of a module in order to answer, and change nothing in it."""
FILLS_ENVIRONMENT = ("dotenv", "read_env", "envfile", "putenv", "envdir", "load_env")
FUNCTIONS = ("FunctionDef", "AsyncFunctionDef")
WHOLE = (ast.While, ast.AsyncFor)


def names_no_settings(node: ast.expr) -> bool:
    """Tells whether an expression names a module that has no settings."""
    named = node.value if isinstance(node, ast.Constant) else None
    return isinstance(named, str) and named.partition(".")[0] in NO_SETTINGS
