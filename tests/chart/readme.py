"""The tables of values in the chart's README.md."""

import json
import re
from itertools import groupby

from tests.chart.values import CHART, Value
from tests.docs.tables import table

README = CHART / "README.md"
_TABLES = re.compile(r"(<!-- values -->\n).*(<!-- end -->)", re.DOTALL)


def rewritten(text: str, values: list[Value]) -> str:
    """Returns the page with its tables as the values have them now."""
    return _TABLES.sub(lambda found: f"{found[1]}\n{_tables(values)}\n\n{found[2]}", text)


def _tables(values: list[Value]) -> str:
    leaves = [leaf for value in values for leaf in value.leaves()]
    parts = []
    for section, found in groupby(leaves, key=lambda leaf: leaf.section):
        rows = [(f"`{'.'.join(leaf.path)}`", leaf.meaning, f"`{_default(leaf)}`") for leaf in found]
        parts.append(f"### {section}\n\n{table(('value', 'meaning', 'default'), rows)}")
    return "\n\n".join(parts)


def _default(leaf: Value) -> str:
    return json.dumps(leaf.default, ensure_ascii=False)
