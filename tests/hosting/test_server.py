"""How much the server reads, whom it remembers, and which files a container needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo.serving.headers import SafeHeaders
from demo.visit import check_remembered
from tests.hosting.asking import asked

ROOT = Path(__file__).parents[2]


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
    assert {word.partition("/")[0] for word in copied} == {word.partition("/")[0] for word in allowed}
    for name in copied:
        assert (ROOT / name).exists()
    steps = text.splitlines()
    assert steps.index("USER visitor") < next(n for n, step in enumerate(steps) if step.startswith("CMD"))
    assert "HEALTHCHECK" in text
    version = re.search(r"FROM python:(\S+)-slim", text)[1]
    assert f'python_version: "{version}"' in (ROOT / "demo" / "serving" / "space" / "card.yaml").read_text()
