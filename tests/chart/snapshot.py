"""What the chart renders with the least that has to be said: kept, so that every change of it is seen in a review."""

from pathlib import Path

from tests.chart import helm
from tests.chart.values import CHART

FILE = Path(__file__).with_name("snapshot.yaml")


def now() -> str:
    """What it renders now."""
    return helm.rendered(CHART / "ci" / "cronjob-values.yaml")
