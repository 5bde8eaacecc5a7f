"""Docstrings of the app and the sidecar begin as those of Django do: with a noun, or a verb in the indicative."""

import ast

from tests.docs.architecture import modules

FIRST_WORDS = {"Return", "Yield", "Raise", "What", "Who", "Where", "How", "For", "As", "Nothing", "Nobody", "Somebody"}


def test_a_docstring_begins_with_a_noun_or_a_verb_in_the_indicative():
    found = []
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                first, *_ = (ast.get_docstring(node) or "-").split()
                if first in FIRST_WORDS:
                    found.append(f"{module.name}:{getattr(node, 'lineno', 1)}: {first}")
    assert found == []
