"""Photo, crop and mask of a result as small pictures for the browser."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image

from psa_viz.values.geometry import Crop

if TYPE_CHECKING:
    from demo.messages.drawing import CropFacts

LONGEST_PHOTO = 1024
LONGEST_CROP = 384
OUTSIDE = 255
"""Value of the mask's pixels that lie beyond the photo's edge, where the network saw padding."""


def photo_url(image: np.ndarray) -> str:
    picture = Image.fromarray(image)
    picture.thumbnail((LONGEST_PHOTO, LONGEST_PHOTO))
    return _jpeg(picture)


def crop_facts(image: np.ndarray, crop: Crop) -> CropFacts:
    """Where the crop of an (H, W, 3) photo lies, and a picture of it."""
    return cast("CropFacts", {**crop.to_json(), "src": crop_url(image, crop)})


def crop_url(image: np.ndarray, crop: Crop) -> str:
    """The crop of an (H, W, 3) photo as a picture of its own; what lies beyond the photo is mid grey."""
    x0, y0, x1, y1 = crop.box
    left, top, right, bottom = int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1))
    height, width = image.shape[:2]
    inside = (max(0, left), max(0, top), min(width, right), min(height, bottom))
    region = Image.new("RGB", (right - left, bottom - top), (128, 128, 128))
    if inside[0] < inside[2] and inside[1] < inside[3]:
        region.paste(Image.fromarray(image).crop(inside), (inside[0] - left, inside[1] - top))
    size = _shown_size(crop, longest=LONGEST_CROP)
    return _jpeg(region.resize(size, Image.Resampling.LANCZOS, box=(x0 - left, y0 - top, x1 - left, y1 - top)))


def mask_url(mask: np.ndarray, crop: Crop) -> str:
    """Classes inside the crop as a grey PNG, each pixel the nearest of the mask; OUTSIDE beyond the photo."""
    x0, y0, x1, y1 = crop.box
    columns, rows = _shown_size(crop, longest=LONGEST_CROP)
    xs = np.floor(x0 + (np.arange(columns) + 0.5) / columns * (x1 - x0)).astype(int)
    ys = np.floor(y0 + (np.arange(rows) + 0.5) / rows * (y1 - y0)).astype(int)
    height, width = mask.shape
    shown = mask[ys.clip(0, height - 1)][:, xs.clip(0, width - 1)].astype(np.uint8)
    shown[(ys < 0) | (ys >= height)] = OUTSIDE
    shown[:, (xs < 0) | (xs >= width)] = OUTSIDE
    return _data_url(Image.fromarray(shown), "PNG")


def png_url(rgb: np.ndarray) -> str:
    """(h, w, 3) uint8 as it is, pixel for pixel."""
    return _data_url(Image.fromarray(rgb), "PNG")


def _shown_size(crop: Crop, longest: int) -> tuple[int, int]:
    factor = longest / max(crop.width, crop.height)
    return max(1, round(crop.width * factor)), max(1, round(crop.height * factor))


def _jpeg(picture: Image.Image) -> str:
    return _data_url(picture, "JPEG", quality=88)


def _data_url(picture: Image.Image, form: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return f"data:image/{form.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
