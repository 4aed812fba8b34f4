"""Imports go one way, and what must do without torch does."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ["attention", "models", "recording", "rendering", "inference", "evidence", "training", "benchmark", "commands"]
TORCH_FREE = [
    "psa_viz",
    "psa_viz.models.cards",
    "psa_viz.recording.trace",
    "psa_viz.recording.edit_text",
    "psa_viz.inference.results",
    "psa_viz.inference.archive",
    "psa_viz.inference.snapshots",
    "psa_viz.recording.gate_table",
    "psa_viz.rendering.report",
    "psa_viz.evidence.files",
    "psa_viz.evidence.study_section",
    "demo.app",
]


def runtime_imports(path):
    """Modules a file imports anywhere, functions included, except for type checkers."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(folder):
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"no Python files in {folder}"
    return found


@pytest.mark.parametrize("path", files("psa_viz"), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_imports_only_its_own_package_and_those_above_it(path):
    parts = path.relative_to(ROOT).parts
    if len(parts) == 2:  # psa_viz/__main__.py and its like stand on top
        assert not [name for name in runtime_imports(path) if name.split(".")[0] == "demo"]
        return
    own = ORDER.index(parts[1])
    for name in runtime_imports(path):
        assert name.split(".")[0] != "demo", f"{path.name} imports {name}"
        if name.startswith("psa_viz.") and name.split(".")[1] in ORDER:
            assert ORDER.index(name.split(".")[1]) <= own, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", files("psa_viz/rendering"), ids=lambda p: p.name)
def test_rendering_knows_no_torch(path):
    assert not [name for name in runtime_imports(path) if name.split(".")[0] in ("torch", "torchmetrics", "captum")]


@pytest.mark.parametrize("path", files("demo"), ids=lambda p: p.name)
def test_the_page_does_not_train(path):
    assert not [name for name in runtime_imports(path) if name.startswith("psa_viz.training")]


@pytest.mark.parametrize("path", [*files("psa_viz"), *files("demo")], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize("module", TORCH_FREE)
def test_torch_stays_out(module):
    code = f"import {module}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_public_names_exist():
    import psa_viz

    for name in psa_viz.__all__:
        assert getattr(psa_viz, name) is not None
    with pytest.raises(AttributeError, match="offers bundled, load"):
        psa_viz.explian  # noqa: B018
