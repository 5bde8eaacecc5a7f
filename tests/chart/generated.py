"""The files that are made from others."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.chart import readme, schema, snapshot, values

ROOT = values.CHART.parents[1]
SCHEMA = values.CHART / "values.schema.json"


def _values() -> list[values.Value]:
    return values.read(values.VALUES.read_text())


FILES: Mapping[Path, Callable[[], str]] = {
    SCHEMA: lambda: schema.written(_values()),
    readme.README: lambda: readme.rewritten(readme.README.read_text(), _values()),
    # After the schema: nothing is rendered of values that it does not know.
    snapshot.FILE: snapshot.now,
}
"""Content that each of them must have, in the order in which they are written."""
