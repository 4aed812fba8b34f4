"""SIGTERM in the middle of work: what runs is answered, what waits is refused in words, and no file is left."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.serving.desk import Desk
from demo.serving.folder import PREFIX
from demo.slots import Busy
from psa_viz.evidence.work import Cancelled
from tests.hosting.processes import ROOT, free_ports, start, wait_until_up
from tests.hosting.served import SERVED
from tests.hosting.visitor import Visitor

VISITORS = 8


def photo(seed: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (240, 180, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_closed_desk_gives_no_turns_and_stops_what_is_long():
    desk, inside, heard = Desk(), threading.Event(), []
    go_on = threading.Event()

    def run(name: str) -> None:
        try:
            with desk.slots.turn("cpu", name):
                inside.set()
                go_on.wait(30)
                heard.append("answered")
        except Busy as refused:
            heard.append(str(refused))

    with ThreadPoolExecutor(2) as pool, desk.progress.watched("", 10) as work:
        pool.submit(run, "first")
        inside.wait(30)
        waits = pool.submit(run, "second")
        desk.close()
        waits.result(30)
        assert heard == ["This server is being restarted: nothing was changed. Try again in a minute."]
        assert not desk.empty()
        with pytest.raises(Cancelled):
            work.begin()
        with pytest.raises(Busy, match="restarted"), desk.slots.turn("cpu"):
            pytest.fail("a closed desk gave a turn")
        go_on.set()
    assert heard[1:] == ["answered"]
    assert desk.empty()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_in_order(sign, untrained, tmp_path):
    (port,) = free_ports(1)
    server = start(port, untrained, tmp_path, OMP_NUM_THREADS="1")
    wait_until_up(server)
    visitors = [Visitor(f"http://127.0.0.1:{port}") for _ in range(VISITORS)]
    paths = [one.upload(photo(seed)) for seed, one in enumerate(visitors)]
    assert all(Path(path).is_relative_to(tmp_path) for path in paths)
    answered = threading.Event()

    def ask(one: Visitor, path: str) -> dict:
        answer = one.ask("run_photo", upload=path, model=SERVED)
        answered.set()
        return answer

    with ThreadPoolExecutor(VISITORS) as pool:
        asked = [pool.submit(ask, one, path) for one, path in zip(visitors, paths, strict=True)]
        assert answered.wait(120)
        os.kill(server.pid, sign)
        answers = [one.result(120) for one in asked]
    refused = [answer["text"] for answer in answers if answer["kind"] == "message"]
    assert all("pose" in answer for answer in answers if answer["kind"] != "message")
    assert set(refused) <= {"This server is being restarted: nothing was changed. Try again in a minute."}
    assert server.wait(timeout=60) == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file() or path.name.startswith(PREFIX)] == []


NOWHERE = {
    "no port": (["--port", "-1"], {}, "expected a port from 1 to 65535, got '-1'"),
    "a port too far": (["--port", "65536"], {}, "expected a port from 1 to 65535, got '65536'"),
    "no name of a machine": (["--host", "a..b"], {}, "there is no address 'a..b'"),
    "another machine": (["--host", "192.0.2.1"], {}, "192.0.2.1 is no address of this machine"),
    "a file for a folder": ([], {"GRADIO_TEMP_DIR": __file__}, "File exists"),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_what_it_cannot_start_with_is_one_sentence(case):
    arguments, env, words = NOWHERE[case]
    command = [sys.executable, "-m", "demo", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert words in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_server_that_cannot_say_where_it_is_ends_in_order(tmp_path):
    (port,) = free_ports(1)
    command, env = [sys.executable, "-m", "demo", "--port", str(port)], {"GRADIO_TEMP_DIR": str(tmp_path)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, env=os.environ | env, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "python -m demo: [Errno 28] No space left on device"
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
