"""Pictures as text: data URIs and inline SVG, so that one HTML file carries everything it shows."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from psa_viz.rendering.scales import Scale
from psa_viz.rendering.skeletons import Rgb, joint_colour, limbs
from psa_viz.values.geometry import Crop
from psa_viz.values.results import PosePrediction

LONGEST = 1000
"""Pixels along the longer side of the photo that a page shows; the photo itself is saved in full."""


def photo_uri(image: np.ndarray) -> str:
    """(H, W, 3) uint8 as a JPEG of at most LONGEST pixels along its longer side."""
    photo = Image.fromarray(image)
    photo.thumbnail((LONGEST, LONGEST))
    return _uri(photo, "JPEG", quality=85)


def crop_uri(image: np.ndarray, crop: Crop, width: int = 240) -> str:
    """The part of the photo that the network saw, `width` pixels wide; grey where it reached beyond the photo."""
    shrink = max(1, int((crop.box[2] - crop.box[0]) / width))
    photo = Image.fromarray(image).reduce(shrink)
    extent = tuple(edge / shrink for edge in crop.box)
    size = (width, max(1, round(width * crop.height / crop.width)))
    cut = photo.transform(size, Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR, fillcolor=(128, 128, 128))
    return _uri(cut, "JPEG", quality=80)


def map_uri(values: np.ndarray, scale: Scale) -> str:
    """(h, w) values as a PNG of one pixel per cell, in the colours of the scale."""
    picture = Image.fromarray(scale.indices(values))
    picture.putpalette(scale.table().tobytes())
    return _uri(picture, "PNG")


def mask_uri(mask: np.ndarray, palette: np.ndarray) -> str:
    """(H, W) classes as a PNG in the palette's colours, class 0 transparent, no larger than the photo beside it."""
    picture = Image.fromarray(mask.astype(np.uint8))
    shrink = max(1.0, max(picture.size) / LONGEST)
    size = (max(1, round(picture.width / shrink)), max(1, round(picture.height / shrink)))
    picture = picture.resize(size, Image.Resampling.NEAREST)
    picture.putpalette(np.ascontiguousarray(palette, dtype=np.uint8).tobytes())
    return _uri(picture, "PNG", transparency=0)


def bars_svg(values: np.ndarray, scale: Scale, description: str) -> str:
    """(C,) values as bars from the scale's low end, in order, with its marks as dashed lines.

    A value outside the scale is drawn to its end; say so in words with `scale.legend(values)`.
    """
    extent = scale.high - scale.low
    heights = np.full(len(values), 0.5) if scale.constant else np.clip((values - scale.low) / extent, 0, 1)
    path = "".join(f"M{i} 1v-{height:.3f}h.8v{height:.3f}z" for i, height in enumerate(heights.tolist()))
    marks = "".join(
        f'<path class="mark" d="M0 {1 - (mark - scale.low) / extent:.3f}h{len(values)}"/>'
        for mark in ([] if scale.constant else scale.marks)
    )
    return (
        f'<svg class="bars" role="img" viewBox="0 0 {len(values)} 1" preserveAspectRatio="none">'
        f'<title>{escape(description)}</title><path class="bar" d="{path}"/>{marks}</svg>'
    )


def pose_svg(pose: PosePrediction | None, crop: Crop, width: int, height: int, unsure: float) -> str:
    """Crop and skeleton in the photo's own pixels, to lie over the photo at any size; joints say their numbers.

    Joints that score less than `unsure` are hollow and their limbs thin.
    """
    x0, y0, x1, y1 = crop.box
    unit = max(width, height) / 160
    parts = [
        f'<path class="unseen" d="M0 0H{width}V{height}H0z M{x0:.2f} {y0:.2f}H{x1:.2f}V{y1:.2f}H{x0:.2f}z"/>',
        f'<path class="crop" d="M{x0:.2f} {y0:.2f}H{x1:.2f}V{y1:.2f}H{x0:.2f}z"/>',
    ]
    if pose is not None:
        # Pixel centres have whole coordinates; in SVG the first pixel's centre is at 0.5.
        points = [(x + 0.5, y + 0.5) for x, y in pose.keypoints.tolist()]
        sure = (pose.scores >= unsure).tolist()
        for limb in limbs(pose.joint_names):
            (ax, ay), (bx, by) = points[limb.start], points[limb.end]
            thick = unit if sure[limb.start] and sure[limb.end] else unit / 3
            line = f'd="M{ax:.2f} {ay:.2f}L{bx:.2f} {by:.2f}"'
            parts.append(f'<path {line} stroke="#141414" stroke-width="{thick + unit / 2:.2f}"/>')
            parts.append(f'<path {line} stroke="{css(limb.colour)}" stroke-width="{thick:.2f}"/>')
        for name, (x, y), score, certain in zip(pose.joint_names, points, pose.scores.tolist(), sure, strict=True):
            colour = css(joint_colour(name))
            words = f"{name.replace('_', ' ')}: score {score:.2f} at ({x - 0.5:.1f}, {y - 0.5:.1f})"
            rim, core = ("#141414", colour) if certain else (colour, "#141414")
            parts.append(
                f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{unit * 1.1:.2f}" fill="{core}" stroke="{rim}" '
                f'stroke-width="{unit / 2.5:.2f}"><title>{escape(words)}</title></circle>'
            )
    return f'<svg class="over" viewBox="0 0 {width} {height}" fill="none">{"".join(parts)}</svg>'


def css(colour: Rgb | np.ndarray) -> str:
    """An RGB triple as #rrggbb."""
    return "#" + "".join(f"{int(part):02x}" for part in colour)


def _uri(picture: Image.Image, kind: str, **options: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
