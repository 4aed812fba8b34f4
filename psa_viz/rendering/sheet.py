"""Many photos on one sheet, with the people that were found in them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from psa_viz.values.people import Person

CELL = 320
"""Pixels a photo is scaled to fit."""
FIRST, OTHERS, JOINT = (255, 60, 40), (255, 200, 40), (80, 255, 120)
SEEN = 0.2
COLUMNS = 6


def sheet(photos: Sequence[tuple[str, np.ndarray, tuple[Person, ...]]], columns: int = COLUMNS) -> Image.Image:
    """Photos by name, row by row: red for the main person, yellow for the others, with their scores and joints."""
    if not photos:
        raise ValueError("expected at least one photo for a sheet")
    columns = min(columns, len(photos))
    page = Image.new("RGB", (columns * CELL, math.ceil(len(photos) / columns) * CELL), "black")
    for index, (name, photo, people) in enumerate(photos):
        page.paste(_drawn(name, photo, people), ((index % columns) * CELL, index // columns * CELL))
    return page


def _drawn(name: str, photo: np.ndarray, people: tuple[Person, ...]) -> Image.Image:
    height, width = photo.shape[:2]
    scale = CELL / max(height, width)
    picture = Image.fromarray(photo).resize((max(1, round(width * scale)), max(1, round(height * scale))))
    draw = ImageDraw.Draw(picture)
    for index, person in reversed(list(enumerate(people))):
        colour = OTHERS if index else FIRST
        x0, y0, x1, y1 = (edge * scale for edge in person.box)
        draw.rectangle((x0, y0, x1, y1), outline=colour, width=2)
        draw.text((x0 + 3, y0 + 1), f"{person.score:.2f}", fill=colour)
        for (x, y), score in zip(person.joints, person.joint_scores, strict=True):
            if score >= SEEN:
                x, y = (x + 0.5) * scale, (y + 0.5) * scale
                draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=JOINT)
    draw.text((3, picture.height - 12), name, fill="white", stroke_width=1, stroke_fill="black")
    return picture
