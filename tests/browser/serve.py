"""Starts the real page on a port, with synthetic examples and a stand-in for the network, and says when it is up.

    python tests/browser/serve.py PORT FOLDER

The stand-in answers with seeded numbers (tests/demo/synthetic.py) about whatever photo it is given.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from demo.app import build, launch_options
from demo.engine import Engine
from demo.shelf import Shelf
from demo.story import story_block, write_story
from psa_viz.saving.archive import save
from psa_viz.values.geometry import Box
from psa_viz.values.results import Explanation
from tests.demo import synthetic

MODELS = ["person-psa-parallel", "person-psa-sequential", "person-none"]
ABOUT = {"order": 1, "origin": "Illustration: drawn.", "question": "Why?", "answer": "Because."}
EXAMPLES = {"01-standing": (7, "person-psa-parallel"), "02-without-psa": (3, "person-none")}


def explain(image: np.ndarray, model: str, box: Box | None, flip: bool, person: int = 0) -> Explanation:
    looked_for = box is None and image.shape[1] in synthetic.SCENES
    if looked_for:
        return synthetic.scene(image, model, person)
    made = synthetic.explanation(11, model, image=image, box=box)
    return replace(made, notes=(synthetic.NOTE,)) if "sequential" in model else made


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    for name, (seed, model) in EXAMPLES.items():
        if not (folder / name / "explanation.json").exists():
            made = synthetic.explanation(seed, model)
            save(made, folder / name)
            if made.blocks:
                synthetic.write_truth(folder / name, made)
                (folder / name / "about.json").write_text(json.dumps(ABOUT), encoding="utf-8")
                write_story(folder / name, made, synthetic.features(made, story_block(made)))
    engine = Engine(MODELS, load=str, explain=explain, devices=lambda: ("cpu",))  # the real list asks torch
    page = build(engine, Shelf(folder))
    page.launch(server_name="127.0.0.1", server_port=port, quiet=True, prevent_thread_lock=True, **launch_options())
    print("up, torch imported:", "torch" in sys.modules, flush=True)
    engine.load_in_background(MODELS[0])
    page.block_thread()


if __name__ == "__main__":
    main()
