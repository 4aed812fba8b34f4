"""What is counted for an operator: see demo.serving.health."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from prometheus_client.core import Metric

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)


class Counted(Protocol):
    """What of a desk (demo.serving.desk) is counted."""

    slots: Any
    long: Any
    quota: Any
    progress: Any
    visits: Any
    streams: Any


class Seen(Collector):
    """Reads the desk at the moment that it is asked."""

    def __init__(self, desk: Counted) -> None:
        self.desk = desk

    def collect(self) -> Iterator[Metric]:
        desk = self.desk
        waiting = GaugeMetricFamily("psa_viz_waiting", "Requests that wait for a turn", labels=["line"])
        refused = CounterMetricFamily("psa_viz_refused", "Requests that were told to come again", labels=["why"])
        for name, line in (("device", desk.slots), ("long", desk.long)):
            waiting.add_metric([name], line.waiting())
            refused.add_metric([name], line.refused)
        refused.add_metric(["no room for files"], desk.quota.refused)
        yield waiting
        yield refused
        yield GaugeMetricFamily("psa_viz_long_running", "Long computations that have begun", desk.progress.running())
        yield GaugeMetricFamily("psa_viz_visitors", "Visitors whose results are remembered", len(desk.visits))
        yield GaugeMetricFamily("psa_viz_answering", "Requests that are being answered", desk.streams.answering)
        yield GaugeMetricFamily(
            "psa_viz_file_bytes", "Bytes of uploads and downloads of the last hour", desk.quota.kept()
        )


class Meter:
    """Seconds of every kind of request, with its wait, and what Seen says."""

    def __init__(self, desk: Counted) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "psa_viz_seconds",
            "Seconds from a request to its answer",
            ["event"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.registry.register(Seen(desk))
        ProcessCollector(registry=self.registry)  # memory, processor time, open files
