"""The lock holds what requirements.txt asks for, by hashes, and names no registry."""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path

import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def needed(names: set[str]) -> set[str]:
    """What these packages bring with them in Python 3.12 on Linux, and they themselves, but torch and its own."""
    where = {
        **default_environment(),
        "python_version": "3.12",
        "python_full_version": "3.12.0",
        "sys_platform": "linux",
    }
    found, more = set(), {(name, "") for name in names}
    while more:
        name, extra = more.pop()
        if (name, extra) in found or name == "torch":
            continue
        found.add((name, extra))
        for text in requires(name) or ():
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({**where, "extra": extra}):
                more |= {(canonicalize_name(one.name), kind) for kind in ("", *one.extras)}
    return {name for name, _ in found}


def test_all_that_comes_with_the_pins_is_in_it_and_fits():
    """Of the versions that are installed here; pip refuses a lock that lacks a hash."""
    locked = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE)
    }
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    everything = needed({canonicalize_name(name) for name in pins})
    assert len(everything) > 50
    assert everything - locked.keys() == set()
    for name in everything:
        for text in requires(name) or ():
            one = Requirement(text)
            version = locked.get(canonicalize_name(one.name))
            if version and "extra" not in str(one.marker or "") and (one.marker is None or one.marker.evaluate()):
                assert one.specifier.contains(version, prereleases=True), f"{name} wants {text}, locked is {version}"


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
