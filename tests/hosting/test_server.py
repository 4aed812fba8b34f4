"""What the server says about its safety, and whom it remembers."""

from __future__ import annotations

import pytest

from demo.serving.headers import SafeHeaders
from demo.visit import check_remembered
from tests.hosting.asking import asked


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
