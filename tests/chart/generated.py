"""The files that are made from others."""

from pathlib import Path

from tests.chart import readme, schema, snapshot, values

ROOT = values.CHART.parents[1]
SCHEMA = values.CHART / "values.schema.json"


def files() -> dict[Path, str]:
    """What each of them has to hold."""
    found = values.read(values.VALUES.read_text())
    return {
        SCHEMA: schema.written(found),
        readme.README: readme.rewritten(readme.README.read_text(), found),
        snapshot.FILE: snapshot.now(),
    }
