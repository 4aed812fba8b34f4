"""What the server throws away and when, how much it reads, and which files a container needs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from demo import bodies, server
from demo.headers import SafeHeaders
from demo.visit import check_remembered

ROOT = Path(__file__).parents[2]


def written(path: Path, size: int, at: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (at, at))
    os.utime(path.parent, (at, at))
    return path


def test_old_files_go_and_their_folders(tmp_path):
    old, new = written(tmp_path / "a" / "old.jpg", 10, 1000.0), written(tmp_path / "b" / "new.jpg", 10, 4000.0)
    assert server.sweep(tmp_path, age=1000, now=4500.0) == [old]
    assert new.exists()
    server.sweep(tmp_path, age=1000, now=10e10)
    assert list(tmp_path.iterdir()) == []


def test_too_many_bytes_cost_the_oldest(tmp_path):
    files = [written(tmp_path / f"{n}" / "photo.jpg", 100, 1000.0 + n) for n in range(5)]
    assert server.sweep(tmp_path, age=10e10, most=250, now=2000.0) == files[:3]
    assert [file.exists() for file in files] == [False, False, False, True, True]


def test_a_link_is_removed_and_what_it_names_stays(tmp_path):
    outside = written(tmp_path / "outside" / "file", 10, 0.0)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link").symlink_to(outside)
    (tmp_path / "in" / "folder").symlink_to(outside.parent)
    server.sweep(tmp_path / "in", age=-1)
    assert outside.exists()
    assert not (tmp_path / "in" / "link").is_symlink()


def test_the_folder_is_gone_when_the_server_is():
    code = (
        "import tempfile; from demo import server; folder = server.own_folder(); (folder / 'photo').touch();"
        "open(tempfile.mkstemp()[1]).close(); print(folder, len(list(folder.iterdir())))"
    )
    env = {name: value for name, value in os.environ.items() if name != "GRADIO_TEMP_DIR"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    folder, count = done.stdout.split()
    assert count == "2", "other temporary files lie there as well"
    assert not Path(folder).exists()


def asked(app, path: str, body: list[bytes], headers: list[tuple[bytes, bytes]] = ()) -> list[dict]:
    """What an ASGI application sends in answer to one request."""
    sent, pieces = [], iter([*({"type": "http.request", "body": part, "more_body": True} for part in body)])

    async def receive():
        return next(pieces, {"type": "http.request", "body": b"", "more_body": False})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": list(headers), "method": "POST"}
    with ThreadPoolExecutor(1) as apart:  # the browser tests' own loop may still run in this thread
        apart.submit(asyncio.run, app(scope, receive, send)).result()
    return sent


async def reads_all(scope, receive, send):
    """An application that answers with the number of bytes it was given, or says that it was cut off."""
    count, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            count, more = -1, False
            continue
        count, more = count + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(count).encode()})


@pytest.mark.parametrize(("path", "most"), [("/queue/join", bodies.MOST_ASKED), ("/upload", bodies.MOST_SENT)])
def test_bodies_up_to_the_limit_are_read_and_longer_ones_cut_off(path, most):
    app = bodies.BoundedBodies(reads_all)
    half = bytes(most // 2)
    assert asked(app, path, [half, half])[1]["body"] == str(most).encode()
    assert asked(app, path, [half, half, b"x"])[1]["body"] == b"-1"
    said = asked(app, path, [], [(b"content-length", str(most + 1).encode())])
    assert said[0]["status"] == 413
    assert "too large" in json.loads(said[1]["body"])["detail"]


def test_an_application_that_says_more_about_its_safety_is_left_alone():
    async def strict(scope, receive, send):
        headers = [(b"Referrer-Policy", b"same-origin")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    headers = asked(SafeHeaders(strict), "/", [])[0]["headers"]
    assert [value for name, value in headers if name.lower() == b"referrer-policy"] == [b"same-origin"]
    assert dict(headers)[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize("event", ["run_photo", "run_edits", "keep", "download"])
def test_a_forgotten_visitor_is_not_answered_about_another_photo(event):
    examples = ["01-first", "02-second"]
    for shown in ("own", "02-second", 7):
        with pytest.raises(ValueError, match="choose the photo again"):
            check_remembered(event, {"shown": shown}, None, examples)
    for shown in (None, "01-first"):
        check_remembered(event, {"shown": shown}, None, examples)
    check_remembered("run_photo", {"shown": "own", "upload": "/photo"}, None, examples)
    check_remembered("show_example", {"shown": "own"}, None, examples)


def test_the_container_has_what_the_page_needs_and_no_rights():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = [word for line in re.findall(r"^COPY (.+)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert {"requirements.txt", "psa_viz", "demo"} <= set(copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(copied) == allowed
    for name in copied:
        assert (ROOT / name).exists()
    steps = text.splitlines()
    assert steps.index("USER visitor") < next(n for n, step in enumerate(steps) if step.startswith("CMD"))
    assert "HEALTHCHECK" in text
    version = re.search(r"FROM python:(\S+)-slim", text)[1]
    assert f'python_version: "{version}"' in (ROOT / "demo" / "space" / "card.yaml").read_text()
