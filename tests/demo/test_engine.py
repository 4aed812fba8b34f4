"""Models behind the page: loaded once, in the background, and without torch until then."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from demo.__main__ import free_port
from demo.engine import Engine
from demo.explorer import component
from tests.demo import synthetic

ROOT = Path(__file__).parents[2]
IMAGE = np.zeros((8, 8, 3), dtype=np.uint8)


def test_a_model_is_loaded_once_for_everybody() -> None:
    """The first to load it waits until everybody is at the lock or, were there none, loading as well."""
    loaded, arrived, all_there = [], [], threading.Event()

    def arrive() -> None:
        arrived.append(threading.current_thread())
        if len(arrived) >= 8:
            all_there.set()

    class Watched:
        lock = threading.Lock()

        def __enter__(self) -> None:
            arrive()
            self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    def load(name: str) -> str:
        loaded.append(name)
        arrive()
        assert all_there.wait(30)
        return name

    engine = Engine(["a"], load=load, explain=lambda *args, **options: args[1])
    engine._lock = Watched()
    askers = [threading.Thread(target=engine.explain, args=(IMAGE, "a", None, False)) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert loaded == ["a"]
    assert len(arrived) == 9, "everybody asked for the lock, and one loaded"


def test_the_status_tells_what_happens() -> None:
    began, go_on = threading.Event(), threading.Event()

    def load(name: str) -> str:
        began.set()
        go_on.wait(30)
        return name

    engine = Engine(["a"], load=load, explain=lambda *args, **options: None)
    assert engine.status() == {"a": "not loaded"}
    thread = engine.load_in_background("a")
    assert began.wait(30)
    assert engine.status() == {"a": "loading"}
    go_on.set()
    thread.join(30)
    assert engine.status() == {"a": "ready"}


def test_a_model_that_fails_to_load_says_why_and_can_be_tried_again() -> None:
    answers = iter([OSError("the file is damaged"), "model"])

    def load(name: str) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    engine = Engine(["a"], load=load, explain=lambda image, model, box, flip, person: model)
    engine.load_in_background("a").join(30)
    assert "the file is damaged" in engine.status()["a"]
    assert engine.explain(IMAGE, "a", None, False) == "model"
    assert engine.status() == {"a": "ready"}


def test_the_request_reaches_the_network_as_it_is() -> None:
    seen = {}
    engine = Engine(
        ["a"], load=str, explain=lambda image, model, box, flip, person: seen.update(box=box, flip=flip, model=model)
    )
    engine.explain(IMAGE, "a", (1.0, 2.0, 3.0, 4.0), True)
    assert seen == {"box": (1.0, 2.0, 3.0, 4.0), "flip": True, "model": "a"}


def test_a_device_is_chosen_from_those_that_there_are() -> None:
    loaded = []

    def load(name: str, device: str = "auto") -> str:
        loaded.append((name, device))
        return f"{name} on {device}"

    engine = Engine(
        ["a"], load=load, explain=lambda image, model, box, flip, person: model, devices=lambda: ("cpu", "cuda:0")
    )
    assert engine.devices() == (), "nobody has looked before a model was loaded"
    assert engine.explain(IMAGE, "a", None, False) == "a on auto"
    assert engine.explain(IMAGE, "a", None, False, device="cuda:0") == "a on cuda:0"
    assert engine.explain(IMAGE, "a", None, False, device="cuda:0") == "a on cuda:0"
    assert loaded == [("a", "auto"), ("a", "cuda:0")]
    assert engine.devices() == ("cpu", "cuda:0")
    with pytest.raises(ValueError, match="no device 'tpu'"):
        engine.explain(IMAGE, "a", None, False, device="tpu")


def test_building_the_page_imports_no_torch(tmp_path: Path) -> None:
    from psa_viz.saving.archive import save

    save(synthetic.explanation(), tmp_path / "01-standing")
    code = (
        "import sys; from pathlib import Path; from demo.app import build; "
        "from demo.engine import Engine, bundled_names; "
        f"from demo.shelf import Shelf; build(Engine(bundled_names()), Shelf(Path({str(tmp_path)!r}))); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=240).returncode == 0


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port("127.0.0.1", port) > port


def test_help_answers_without_starting_anything() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--help"], cwd=ROOT, timeout=120, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "--port" in done.stdout


EXPLORER = ROOT / "demo" / "explorer"


@pytest.mark.parametrize(
    "path", sorted([*EXPLORER.rglob("*.html"), *EXPLORER.rglob("*.css")]), ids=lambda path: path.name
)
def test_templates_hold_nothing_to_fill_in(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "${" not in text
    assert "{{" not in text
    assert "http" not in text


def test_the_component_has_every_file_beside_it() -> None:
    assert {path.relative_to(EXPLORER).as_posix() for path in EXPLORER.rglob("*.css")} == set(component.STYLES)
    text = component.template()
    assert "<!-- include" not in text
    for path in EXPLORER.rglob("*.html"):
        assert path.read_text(encoding="utf-8").splitlines()[0] in text


WRITTEN_BY_A_PROGRAM = "types.d.ts"
SOURCES = [
    path
    for path in sorted(EXPLORER.rglob("*.*"))
    if "__pycache__" not in path.parts and path.name != WRITTEN_BY_A_PROGRAM
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_file_of_the_page_is_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_every_event_of_the_component_is_listened_to() -> None:
    from demo import app
    from demo.events import Events

    assert {*app.ON_THE_NETWORK, *app.AT_ONCE, "download"} == set(component.EVENTS)
    for name in (*app.ON_THE_NETWORK, *app.AT_ONCE):
        assert callable(getattr(Events, name))
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in EXPLORER.rglob("*.js"))
    for name in component.EVENTS:
        assert re.search(rf"(?:trigger|ask\w*)\('{name}'|'test-\w+', '{name}'", scripts), f"nothing asks for {name}"


def test_models_of_another_trunk_do_not_stand_in_for_a_formula():
    engine = Engine(["person-imagenet-psa-parallel", "street-imagenet-psa-parallel", "person-psa-parallel"])
    assert engine.trained_under("person-psa-sequential", "paper", "parallel") == "person-psa-parallel"
    assert engine.trained_under("street-none", "paper", "parallel") is None
