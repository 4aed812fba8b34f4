"""Photos with known people in them, put together from the two that come with the package."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import psa_viz

PHOTOS = Path(psa_viz.__file__).parent / "training" / "photos"
GREY = (124, 116, 104)


def portrait(name="camera", height=256):
    """A photo with one person: "camera", a man who bends over his camera, or "astronaut", a woman to the waist."""
    image = Image.open(PHOTOS / f"{name}.jpg").convert("RGB")
    return np.array(image.resize((round(image.width * height / image.height), height), Image.Resampling.LANCZOS))


def scene(width, height, *placed):
    """A grey picture with photos on it: (array, x, y) each."""
    page = Image.new("RGB", (width, height), GREY)
    for photo, x, y in placed:
        page.paste(Image.fromarray(photo), (x, y))
    return np.array(page)


def screenshot():
    """Lines of text, dark on white."""
    page = Image.new("RGB", (640, 480), "white")
    draw = ImageDraw.Draw(page)
    for row in range(32):
        draw.text((20, 15 * row), "def psa(x): return x * gate(x)  # polarized self-attention " * 2, fill=(30, 30, 60))
    return np.array(page)


def without_people():
    """Pictures in which nobody is, by name."""
    y, x = np.mgrid[:300, :400]
    return {
        "black": np.zeros((300, 400, 3), dtype=np.uint8),
        "white": np.full((300, 400, 3), 255, dtype=np.uint8),
        "noise": np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8),
        "gradient": np.stack((x * 255 // 400, y * 255 // 300, (x + y) % 256), axis=-1).astype(np.uint8),
        "screenshot": screenshot(),
    }
