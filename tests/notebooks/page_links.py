"""Links from texts into a page on this machine, and whether what they name is there."""

import re
from pathlib import Path
from urllib.parse import parse_qs

import psa_viz
from psa_viz.values.edit_text import from_json

ROOT = Path(__file__).parents[2]
TABS = {"look", "walk", "change", "compare", "evidence", "read"}
NAMES = {"tab", "example", "model", "block", "with", "edits", "picture", "tour"}


def links_in(text):
    """What follows the # in every link to the page."""
    return re.findall(r"http://127\.0\.0\.1:7860/#([^)\s\"]+)[)\"]", text)


def check_link(link):
    """Fails unless every name in an address is known and every value exists."""
    state = {name: values[0] for name, values in parse_qs(link, strict_parsing=True).items()}
    assert state.keys() <= NAMES
    assert state.get("tab", "look") in TABS
    assert (ROOT / "demo" / "examples" / state.get("example", "")).is_dir()
    models = {card.name for card in psa_viz.bundled()}
    assert state.get("model", "person-none") in models
    other = state.get("with", "random:0")
    assert other in models or re.fullmatch(r"random:\d+", other)
    steps = (ROOT / "demo" / "explorer" / "tour" / "steps.js").read_text(encoding="utf-8").count("title:")
    assert 1 <= int(state.get("tour", 1)) <= steps
    edits = state.get("edits", "[]")
    assert len(from_json(edits)) == edits.count('"kind"')
