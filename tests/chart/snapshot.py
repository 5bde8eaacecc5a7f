"""Rendering of the chart with the fewest values: kept, so that every change of it is seen in a review."""

from pathlib import Path

from tests.chart import helm
from tests.chart.values import CHART

FILE = Path(__file__).with_name("snapshot.yaml")


def now() -> str:
    """Returns the present rendering."""
    return helm.rendered(CHART / "ci" / "cronjob-values.yaml")
