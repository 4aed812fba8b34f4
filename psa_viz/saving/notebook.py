"""A view as a notebook: it runs the same network on the same crop with the same edits, and checks every number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from psa_viz.values.edit_text import describe, to_json
from psa_viz.values.edits import Edit
from psa_viz.values.results import Explanation

PHOTO = "photo.png"
TOLERANCE = 1e-5


def view_notebook(shown: Explanation, edits: Sequence[Edit] = ()) -> str:
    """The text of an .ipynb file that gives the numbers of a result again; it needs the photo beside it as photo.png.

    Args:
        shown: the result, edited if there are edits; of a bundled model, not averaged with the mirrored photo.
        edits: those that made it.

    Raises:
        ValueError: for a result that a notebook could not give again; the message says why.
    """
    if shown.flip:
        raise ValueError("a result averaged with the mirrored photo has no notebook; run it without that first")
    cells = [
        new_markdown_cell(_introduction(shown, edits)),
        new_code_cell(
            "from math import inf, nan\n\nimport numpy as np\n\nimport psa_viz\n"
            "from psa_viz.rendering.change_words import change_sentences\n"
            "from psa_viz.session.session import Crop, Session\n"
            "from psa_viz.values.difference import difference\n"
            "from psa_viz.values.edit_text import from_json\n\n"
            f'model = psa_viz.load({shown.model!r}, device="cpu")\n'
            f"if model.info.weights_sha256 != {shown.weights_sha256!r}:\n"
            '    print("These are other weights than those of the view: its numbers will not come out.")'
        ),
        new_markdown_cell(
            "The part of the photo that the network saw: edges in pixels of the photo, then the network's own pixels."
        ),
        new_code_cell(
            f"crop = {shown.crop!r}\nsession = Session({PHOTO!r}, model, crop)\nuntouched = session.untouched"
        ),
    ]
    if edits:
        cells += [
            new_markdown_cell("The edits, in order. Change them and run the cells below again."),
            new_code_cell(
                f"edits = from_json({to_json(edits)!r})\nedited = session.edited(edits)\nresult = edited\n"
                'print("\\n".join(edited.edits))\nprint(*change_sentences(difference(untouched, edited)), sep="\\n")'
            ),
        ]
    else:
        cells.append(new_code_cell("result = untouched"))
    cells += [
        new_markdown_cell(f"The numbers of the view, and the check that they come out, to {TOLERANCE:g}."),
        new_code_cell(f"expected = {_literal(view_numbers(shown))}"),
        new_code_cell(_CHECK.format(tolerance=TOLERANCE)),
        new_markdown_cell("One block's two gates, on the absolute scale from 0 to 1."),
        new_code_cell(_PICTURE),
    ]
    if not shown.blocks:
        del cells[-2:]
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"  # the same view always gives the same file
    made = new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.validate(made)
    return nbformat.writes(made) + "\n"


def view_numbers(shown: Explanation) -> dict[str, Any]:
    """The numbers that the page prints of a result, in full: joints, areas, and the gates of every block."""
    numbers: dict[str, Any] = {}
    if shown.pose is not None:
        numbers["keypoints"] = shown.pose.keypoints.astype(float).tolist()
        numbers["scores"] = shown.pose.scores.astype(float).tolist()
        numbers["peaks"] = shown.pose.peaks.astype(float).tolist()
    if shown.segmentation is not None:
        numbers["areas"] = shown.segmentation.shares(shown.crop).astype(float).tolist()
    numbers["gates"] = {
        name: [_gate(block.channel_statistics), _gate(block.spatial_statistics)] for name, block in shown.blocks.items()
    }
    return numbers


def _gate(statistics: Any) -> list[float]:
    return [statistics.minimum, statistics.maximum, statistics.mean, statistics.std]


def _introduction(shown: Explanation, edits: Sequence[Edit]) -> str:
    what = "an edited forward pass" if edits else "a forward pass"
    lines = [f"# PSA-Viz: {what} of {_plain(shown.model)}", "", f"Put `{PHOTO}` beside this file and run all cells."]
    if edits:
        lines += ["", "This is not what the model does by itself. It was changed:", ""]
        lines += [f"{place}. {_plain(describe(edit))}" for place, edit in enumerate(edits, start=1)]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that Markdown takes as it is: no link, no picture, no HTML, one line."""
    return re.sub(r"([\\`*_{}\[\]<>()#!|&~])", r"\\\1", " ".join(text.split()))


def _literal(numbers: dict[str, Any]) -> str:
    """The numbers as Python, a block or a list to the line."""
    gates = numbers.pop("gates")
    lines = [f"    {name!r}: {value!r}," for name, value in numbers.items()]
    lines += ['    "gates": {  # channel, spatial: minimum, maximum, mean, standard deviation']
    lines += [f"        {name!r}: {value!r}," for name, value in gates.items()]
    return "\n".join(["{", *lines, "    },", "}"])


_CHECK = """\
from psa_viz.saving.notebook import view_numbers

found = view_numbers(result)
for name, value in expected["gates"].items():
    np.testing.assert_allclose(found["gates"][name], value, rtol={tolerance}, atol={tolerance}, err_msg=name)
for name in expected.keys() - {{"gates"}}:
    np.testing.assert_allclose(found[name], expected[name], rtol={tolerance}, atol={tolerance}, err_msg=name)
print("Every number of the view came out.")"""

_PICTURE = """\
from matplotlib import pyplot as plt

block = max(result.blocks.values(), key=lambda block: block.spatial_statistics.range)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
left.bar(range(block.channel.size), block.channel, width=1.0)
left.set(title=f"{block.name}: channel-only weights", ylim=(0, 1), xlabel="channel")
picture = right.imshow(block.spatial, vmin=0, vmax=1, cmap="viridis")
right.set(title="spatial-only map")
figure.colorbar(picture, ax=right);"""
