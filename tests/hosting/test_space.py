"""The Space's folder from a commit, and its card. What it does with lent GPUs is in test_zerogpu.py."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest

from demo.serving.space.check import beside
from demo.serving.space.folder import LARGEST_FILE, ROOT, assemble, pinned, readme, requirements, without_dead_links
from tests.demo import synthetic

IN_GIT = subprocess.run(["git", "rev-parse"], cwd=ROOT, capture_output=True, check=False).returncode == 0
PINS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
CARD = (ROOT / "demo" / "serving" / "space" / "card.yaml").read_text(encoding="utf-8")


def facts(text: str) -> dict[str, str]:
    """The lines of a front matter that are one name and one value."""
    head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1]
    return dict(re.findall(r'^(\w+): "?([^"\n]+)"?$', head, re.MULTILINE))


def dead_links(root, pages=None):
    """Links of a folder's pages to files of it that are not there."""
    found = []
    for page in pages or root.rglob("*.md"):
        for target in re.findall(r"\]\(([^()\s]+)\)", page.read_text(encoding="utf-8")):
            path = target.partition("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                found.append((page.name, target))
    return found


def test_a_link_to_what_is_not_there_becomes_its_words(tmp_path):
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    (tmp_path / "there.md").touch()
    text = (
        "[kept](../there.md#part), [gone](../notebooks/), [away](https://example.org), [out](../../etc), ![no](x.png)"
    )
    page.write_text(text)
    expected = "[kept](../there.md#part), gone, [away](https://example.org), out, ![no](x.png)"
    assert without_dead_links(page, tmp_path) == expected


def test_the_check_installs_what_the_hub_does(tmp_path):
    (tmp_path / "requirements.txt").write_text(PINS)
    gradio, *more = beside(tmp_path)
    assert gradio == f"gradio[oauth,mcp]=={pinned(PINS, 'gradio')}"
    assert "spaces" in more


def test_the_card_has_what_the_hub_asks_for():
    card = facts(readme("# Title\n", CARD, PINS, "someone/psa-viz"))
    assert card["sdk"] == "gradio"
    assert card["sdk_version"] == pinned(PINS, "gradio")
    assert card["python_version"] == "3.12"
    assert card["app_file"] == "app.py"
    assert (card["license"], card["license_link"]) == ("other", "NOTICE"), "code and weights have different ones"
    assert card["suggested_hardware"] == "cpu-basic"
    assert facts(readme("", CARD, PINS, zero_gpu=True))["suggested_hardware"] == "zero-a10g"
    assert len(card["short_description"]) < 60
    assert card["thumbnail"] == "https://huggingface.co/spaces/someone/psa-viz/resolve/main/docs/images/page.png"
    assert (ROOT / "docs" / "images" / "page.png").is_file()
    assert set(card) >= {"title", "emoji", "colorFrom", "colorTo", "startup_duration_timeout"}


def test_requirements_of_both_kinds_of_space():
    cpu = requirements(PINS, zero_gpu=False)
    assert f"torch=={pinned(PINS, 'torch')}+cpu\n" in cpu
    assert "whl/cpu" in cpu
    lent = requirements(PINS, zero_gpu=True)
    assert "+cpu" not in lent
    for line in (*lent.splitlines(), *cpu.splitlines()):
        assert line.startswith(("#", "--extra-index-url")) or re.fullmatch(r"[\w.-]+==[\w.+]+", line), line
    assert {"spaces", "torch"} <= {line.partition("==")[0] for line in lent.splitlines()}
    torch = tuple(map(int, pinned(lent, "torch").split(".")))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    low, high = re.search(r"torch>=([\d.]+),<([\d.]+)", "\n".join(project)).groups()
    assert tuple(map(int, low.split("."))) <= torch < tuple(map(int, high.split(".")))
    for text in (cpu, lent):
        assert f"gradio=={pinned(PINS, 'gradio')}\n" in text
    with pytest.raises(ValueError, match="does not pin nothing"):
        pinned(PINS, "nothing")


@pytest.mark.skipif(not IN_GIT, reason="needs the repository's history")
def test_the_folder_is_the_commit(tmp_path):
    kept = subprocess.run(["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    assert "demo/serving/space/card.yaml" in kept.stdout
    commit = assemble(tmp_path / "space")
    assert (tmp_path / "space" / "COMMIT").read_text().strip() == commit
    files = {str(path.relative_to(tmp_path / "space")) for path in (tmp_path / "space").rglob("*") if path.is_file()}
    tracked = {name for name in kept.stdout.splitlines() if name.startswith(("demo/", "psa_viz/"))}
    assert tracked <= files
    assert {"app.py", "README.md", "requirements.txt", "LICENSE", "NOTICE", "docs/images/page.png"} <= files
    assert dead_links(tmp_path / "space") == []
    assert dead_links(ROOT, [ROOT / "README.md"]) == [], "the check sees a link that is dead, and only that"
    assert not [name for name in files if name.startswith(("tests/", ".git", "runs/"))]
    assert max(path.stat().st_size for path in (tmp_path / "space").rglob("*")) <= LARGEST_FILE
    text = (tmp_path / "space" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\ntitle: PSA-Viz\n")
    assert "# PSA-Viz" in text
    with pytest.raises(ValueError, match="empty folder"):
        assemble(tmp_path / "space")


@pytest.mark.skipif(not IN_GIT, reason="needs the repository's history")
def test_a_commit_that_is_not_there_is_said(tmp_path):
    command = [sys.executable, "-m", "demo.serving.space", tmp_path / "space", "--commit", "0" * 40]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "space").exists()


def test_a_result_can_be_sent_between_processes():
    result = synthetic.explanation()
    again = pickle.loads(pickle.dumps(result))
    assert list(again.blocks) == list(result.blocks)
    np.testing.assert_array_equal(again.pose.heatmaps, result.pose.heatmaps)
    assert again.model == result.model
    with pytest.raises(TypeError):
        again.blocks["x"] = None
