"""The lock holds what requirements.txt asks for, by hashes, and names no registry."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from demo.serving.locks.__main__ import HERE, without_cuda

ROOT = Path(__file__).parents[2]
LOCK = (HERE / "cpu.txt").read_text(encoding="utf-8")


def test_every_pin_is_in_it_and_everything_has_hashes():
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE):
        assert name == "torch" or locked[name] == version, name
    assert "torch" not in locked
    packages = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(packages) == len(locked) > 50
    for package in packages:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package


def test_it_names_no_registry_and_no_place():
    assert "://" not in LOCK
    assert "--index" not in LOCK
    assert "@ file" not in LOCK


def test_what_belongs_to_cuda_is_left_out():
    whole = "numpy==1 \\\n    --hash=sha256:0\ntorch==2 \\\n    --hash=sha256:1\nnvidia-nccl-cu13==3\ntorchmetrics==4\n"
    assert without_cuda(whole) == "numpy==1 \\\n    --hash=sha256:0\ntorchmetrics==4\n"


def test_actions_are_named_by_their_commits():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        steps = [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
        for action in [step["uses"] for step in steps if "uses" in step]:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
