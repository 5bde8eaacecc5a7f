"""The metrics in Prometheus' formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from django_rclone_sidecar.monitoring.metrics import METRICS, PREFIX, Sample


def registry(samples: Iterable[Sample]) -> CollectorRegistry:
    """Returns a registry with these samples only, without metrics of the process."""
    made = CollectorRegistry(auto_describe=False)
    made.register(_SampleCollector(samples))
    return made


def text(samples: Iterable[Sample], accept: str = "") -> tuple[bytes, str]:
    """Returns the samples in the format that an Accept header asks for, and its content type."""
    encode, content_type = choose_encoder(accept)
    return encode(registry(samples)), content_type


class _SampleCollector(Collector):
    """Collector of given samples."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = list(samples)

    def collect(self) -> Iterator[Any]:
        families: dict[str, Any] = {}
        for sample in self._samples:
            metric = METRICS[sample.name]
            if sample.name not in families:
                kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                families[sample.name] = kind(PREFIX + sample.name, metric.help, labels=metric.labels)
            families[sample.name].add_metric(sample.labels, sample.value)
        yield from families.values()
