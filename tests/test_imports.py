"""Imports go one way, and what must do without torch does."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = [
    "values",
    "attention",
    "models",
    "recording",
    "session",
    "rendering",
    "evidence",
    "saving",
    "batch",
    "training",
    "benchmark",
    "commands",
]
"""The packages of psa_viz, each of which may import itself and those before it."""
LATE = ("psa_viz.values.results", "psa_viz.saving.archive")
"""The one import against the order: `Explanation.save` asks for the archive when it is called."""
TORCH_FREE = [
    "psa_viz",
    "psa_viz.models.cards",
    "psa_viz.values.trace",
    "psa_viz.values.edit_text",
    "psa_viz.values.results",
    "psa_viz.saving.archive",
    "psa_viz.saving.snapshots",
    "psa_viz.values.gate_table",
    "psa_viz.rendering.report",
    "psa_viz.evidence.files",
    "psa_viz.evidence.study_section",
    "demo.app",
]


def files(folder):
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"no Python files in {folder}"
    return found


def module_name(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in [*files("psa_viz"), *files("demo")]}


def imports(path):
    """Names that a file imports anywhere: inside functions, and for type checkers, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported(name):
    """Which of our modules a module imports, but for the late one."""
    return {other for other in imports(MODULES[name]) if other in MODULES and (name, other) != LATE} - {name}


def circles(graph):
    """Modules that are left when those are taken away, again and again, that import nothing that is left."""
    left = {name: set(others) for name, others in graph.items()}
    while free := {name for name, others in left.items() if not others}:
        left = {name: others - free for name, others in left.items() if name not in free}
    return sorted(left)


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("psa_viz")])
def test_a_file_imports_only_its_own_package_and_those_above_it(name):
    others = imported(name)
    assert not [other for other in others if other.split(".")[0] == "demo"]
    if MODULES[name].parent == ROOT / "psa_viz":  # psa_viz/__main__.py and its like stand on top
        return
    own = ORDER.index(name.split(".")[1])
    for other in others - {"psa_viz"}:
        assert ORDER.index(other.split(".")[1]) <= own, f"{name} imports {other}"


def test_no_two_files_import_each_other_by_any_detour():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]
    assert circles({name: imported(name) for name in MODULES}) == []


def test_the_late_import_is_there_and_is_late():
    name, other = LATE
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    at_once = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert other in imports(MODULES[name]), "it is gone: LATE can go too"
    assert other not in [node.module for node in at_once]


@pytest.mark.parametrize("path", files("psa_viz/values"), ids=lambda p: p.name)
def test_values_need_numpy_alone(path):
    others = {name.split(".")[0] for name in imports(path)} - {"psa_viz"}
    assert others <= {"numpy", *sys.stdlib_module_names}


@pytest.mark.parametrize("path", files("psa_viz/rendering"), ids=lambda p: p.name)
def test_rendering_knows_no_torch(path):
    assert not [name for name in imports(path) if name.split(".")[0] in ("torch", "torchmetrics", "captum")]


@pytest.mark.parametrize("path", files("demo"), ids=lambda p: p.name)
def test_the_page_does_not_train(path):
    assert not [name for name in imports(path) if name.startswith("psa_viz.training")]


@pytest.mark.parametrize("path", MODULES.values(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_torch_stays_out():
    code = (
        "import sys\nfrom importlib import import_module\nfor name in sys.argv[1:]:\n"
        "    import_module(name)\n    if 'torch' in sys.modules: sys.exit(f'{name} imports torch')"
    )
    done = subprocess.run([sys.executable, "-c", code, *TORCH_FREE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_public_names_exist():
    import psa_viz

    for name in psa_viz.__all__:
        assert getattr(psa_viz, name) is not None
    with pytest.raises(AttributeError, match="offers bundled, load"):
        psa_viz.explian  # noqa: B018
