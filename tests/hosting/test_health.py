"""What an operator's tools are told."""

from __future__ import annotations

import io
import re
from pathlib import Path

import httpx
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from demo.serving import health
from demo.serving.desk import Desk
from demo.serving.quota import Full
from demo.slots import Busy, Slots
from tests.hosting.asking import asked
from tests.hosting.served import SERVED
from tests.hosting.visitor import Visitor


def numbers(text: str) -> dict[tuple[str, ...], float]:
    """Name and labels of a sample -> its value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told(desk: Desk, path: str, ready: bool = True, address: str = "127.0.0.1") -> tuple[int, bytes]:
    app = Starlette(routes=health.routes(desk, lambda: ready))
    start, body, *_ = asked(app, path, [], address=address, method="GET")
    return start["status"], body["body"]


def test_ready_means_loaded_and_not_ending():
    desk = Desk()
    assert told(desk, "/health/live", ready=False)[0] == 200
    assert told(desk, "/health/ready", ready=False) == (503, b'{"ready":false,"state":"loading the first model"}')
    assert told(desk, "/health/ready")[0] == 200
    desk.close()
    assert told(desk, "/health/ready") == (503, b'{"ready":false,"state":"ending"}')
    assert told(desk, "/health/live")[0] == 200


@pytest.mark.parametrize(("address", "status"), [("10.1.2.3", 200), ("::1", 200), ("203.0.113.9", 403), ("x", 403)])
def test_numbers_are_for_private_networks(address, status):
    # 203.0.113.0/24 is for documentation, which the standard library calls private as well: another one stands for it.
    address = "8.8.8.8" if address.startswith("203") else address
    assert told(Desk(), "/metrics", address=address)[0] == status


def test_who_is_refused_is_counted():
    desk = Desk()
    desk.slots = Slots(most_waiting=0)
    with pytest.raises(Busy), desk.slots.turn("cpu"):
        pytest.fail("nobody may wait")
    with pytest.raises(Full):
        desk.quota.take("192.0.2.1", 10**12)
    seen = numbers(told(desk, "/metrics")[1].decode())
    assert seen["psa_viz_refused_total", "device"] == 1
    assert seen["psa_viz_refused_total", "no room for files"] == 1
    assert seen["psa_viz_refused_total", "long"] == 0


def test_a_running_server_counts_what_it_does(hosted):
    before = numbers(httpx.get(f"{hosted.address}/metrics").raise_for_status().text)
    visitor, buffer = Visitor(hosted.address), io.BytesIO()
    Image.new("RGB", (60, 80)).save(buffer, "PNG")
    visitor.ask("run_photo", upload=visitor.upload(buffer.getvalue()), model=SERVED)
    after = numbers(httpx.get(f"{hosted.address}/metrics").text)
    key = ("psa_viz_seconds_count", "run_photo")
    assert after[key] == before.get(key, 0) + 1
    assert after["psa_viz_visitors",] >= 1
    assert after["psa_viz_file_bytes",] >= before["psa_viz_file_bytes",] + len(buffer.getvalue())
    assert after["process_resident_memory_bytes",] > 1e8
    assert httpx.get(f"{hosted.address}/health/ready").json() == {"ready": True, "state": "ready"}
    docs = (Path(__file__).parents[2] / "docs" / "HOSTING.md").read_text(encoding="utf-8")
    for name in {key[0] for key in after if key[0].startswith("psa_viz_")}:
        assert re.sub("_(total|bucket|count|sum|created)$", "", name) in docs
