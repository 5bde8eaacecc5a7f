"""Names of functions and attributes with a known effect."""

from __future__ import annotations

import ast
import sys

MUTATORS = frozenset(
    (
        *("update", "setdefault", "pop", "popitem", "clear", "append", "extend", "insert", "remove", "add"),
        *("discard", "sort", "reverse", "__setitem__"),
    )
)
# These functions do not change their arguments.
PURE = frozenset(
    (
        *("str", "int", "float", "bool", "len", "repr", "print", "isinstance", "issubclass", "dict", "list"),
        *("tuple", "set", "frozenset", "sorted", "any", "all", "min", "max", "sum", "getattr", "hasattr"),
        *("callable", "type", "id", "Path", "join", "urlparse", "quote", "quote_plus", "dumps", "deepcopy"),
        *("copy",),
    )
)
NAMESPACE_CALLS = frozenset(["globals", "locals", "vars", "exec", "eval", "setattr", "delattr", "include"])
CROSS_MODULE_ACCESS = frozenset(
    (
        *("f_globals", "f_locals", "f_builtins", "__globals__", "modules", "_current_frames"),
        *("get_referrers", "get_referents", "get_objects", "pythonapi", "py_object"),
    )
)
"""Names that give access to the namespaces of other modules."""
WITHOUT_SETTINGS = (sys.stdlib_module_names - {"__main__"}) | {
    *("pysqlite3", "MySQLdb", "pymysql", "psycopg2", "psycopg2cffi", "psycopg"),
}
"""Modules without settings: replacing one in ``sys.modules`` changes no setting."""
INTERPRETER_PATHS = frozenset(["sys.prefix", "sys.exec_prefix", "sys.base_prefix", "sys.executable"])
FRAMES = frozenset(("_getframe", "currentframe", "stack", "trace", "tb_frame", "f_back", "gi_frame", "walk_stack"))
MODULES = frozenset(("import_module", "__import__", "reload", "import_string"))
DYNAMIC_ATTRIBUTES = frozenset(("getattr", "getmembers", "attrgetter", "__getattribute__"))
QUERIES = frozenset(
    (
        *("getLogger", "get_logger", "getChild", "version", "metadata", "distribution", "get_distribution", "files"),
        *("find_spec", "import_module", "resource_filename", "resource_string", "get_data", "entry_points"),
    )
)
"""Functions that take a module's name and do not change the module."""
ENVIRONMENT_LOADERS = ("dotenv", "read_env", "envfile", "putenv", "envdir", "load_env")
FUNCTIONS = ("FunctionDef", "AsyncFunctionDef")
LOOPS = (ast.While, ast.AsyncFor)


def names_module_without_settings(node: ast.expr) -> bool:
    """Returns whether an expression is the name of a module without settings."""
    named = node.value if isinstance(node, ast.Constant) else None
    return isinstance(named, str) and named.partition(".")[0] in WITHOUT_SETTINGS
