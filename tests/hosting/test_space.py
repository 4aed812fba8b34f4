"""The Space's folder from a commit, its card, and GPUs that are lent for a call."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest

from demo.space.folder import LARGEST_FILE, ROOT, assemble, pinned, readme, requirements
from tests.demo import synthetic

IN_GIT = subprocess.run(["git", "rev-parse"], cwd=ROOT, capture_output=True, check=False).returncode == 0
PINS = (ROOT / "requirements.txt").read_text(encoding="utf-8")
CARD = (ROOT / "demo" / "space" / "card.yaml").read_text(encoding="utf-8")


def facts(text: str) -> dict[str, str]:
    """The lines of a front matter that are one name and one value."""
    head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1]
    return dict(re.findall(r'^(\w+): "?([^"\n]+)"?$', head, re.MULTILINE))


def test_the_card_has_what_the_hub_asks_for():
    card = facts(readme("# Title\n", CARD, PINS, "someone/psa-viz"))
    assert card["sdk"] == "gradio"
    assert card["sdk_version"] == pinned(PINS, "gradio")
    assert card["python_version"] == "3.12"
    assert card["app_file"] == "app.py"
    assert card["license"] == "apache-2.0"
    assert len(card["short_description"]) < 60
    assert card["thumbnail"] == "https://huggingface.co/spaces/someone/psa-viz/resolve/main/docs/images/page.png"
    assert (ROOT / "docs" / "images" / "page.png").is_file()
    assert set(card) >= {"title", "emoji", "colorFrom", "colorTo", "startup_duration_timeout"}


def test_requirements_of_both_kinds_of_space():
    cpu = requirements(PINS, zero_gpu=False)
    assert f"torch=={pinned(PINS, 'torch')}+cpu\n" in cpu
    assert "whl/cpu" in cpu
    lent = requirements(PINS, zero_gpu=True)
    assert "spaces" in lent
    assert "+cpu" not in lent
    for text in (cpu, lent):
        assert f"gradio=={pinned(PINS, 'gradio')}\n" in text
    with pytest.raises(ValueError, match="does not pin nothing"):
        pinned(PINS, "nothing")


@pytest.mark.skipif(not IN_GIT, reason="needs the repository's history")
def test_the_folder_is_the_commit(tmp_path):
    kept = subprocess.run(["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    assert "demo/space/card.yaml" in kept.stdout
    commit = assemble(tmp_path / "space")
    assert (tmp_path / "space" / "COMMIT").read_text().strip() == commit
    files = {str(path.relative_to(tmp_path / "space")) for path in (tmp_path / "space").rglob("*") if path.is_file()}
    tracked = {name for name in kept.stdout.splitlines() if name.startswith(("demo/", "psa_viz/"))}
    assert tracked <= files
    assert {"app.py", "README.md", "requirements.txt", "LICENSE", "docs/images/page.png"} <= files
    assert not [name for name in files if name.startswith(("tests/", ".git", "runs/"))]
    assert max(path.stat().st_size for path in (tmp_path / "space").rglob("*")) <= LARGEST_FILE
    text = (tmp_path / "space" / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\ntitle: PSA-Viz\n")
    assert "# PSA-Viz" in text
    with pytest.raises(ValueError, match="empty folder"):
        assemble(tmp_path / "space")


@pytest.mark.skipif(not IN_GIT, reason="needs the repository's history")
def test_a_commit_that_is_not_there_is_said(tmp_path):
    command = [sys.executable, "-m", "demo.space", tmp_path / "space", "--commit", "0" * 40]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "space").exists()


def test_without_lent_gpus_a_function_is_itself(monkeypatch):
    from demo.zerogpu import on_lent_gpu, stays

    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert on_lent_gpu(facts) is facts
    assert stays("auto") == "auto"


def test_with_lent_gpus_photos_go_there_and_edits_stay(tmp_path):
    (tmp_path / "spaces.py").write_text(
        "import sys\n"
        "def GPU(duration):\n"
        "    assert 'torch' not in sys.modules, 'too late to lend'\n"
        "    return lambda function: lambda *given, **named: ('lent', duration)\n"
    )
    code = (
        "import numpy as np; from demo.engine import Engine\n"
        "engine = Engine(['a'], load=lambda name, device='auto': (name, device))\n"
        "print(engine.explain(np.zeros((8, 8, 3), np.uint8), 'a', None, False)[0], engine.devices())\n"
    )
    env = {**os.environ, "SPACES_ZERO_GPU": "1", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "lent ('cpu',)", done.stderr


def test_a_result_can_be_sent_between_processes():
    result = synthetic.explanation()
    again = pickle.loads(pickle.dumps(result))
    assert list(again.blocks) == list(result.blocks)
    np.testing.assert_array_equal(again.pose.heatmaps, result.pose.heatmaps)
    assert again.model == result.model
    with pytest.raises(TypeError):
        again.blocks["x"] = None
