"""One HTML file that shows a whole explanation: opens from disk, asks nothing of any server, runs no script."""

from __future__ import annotations

from html import escape

import numpy as np

from psa_viz.rendering.embedded import bars_svg, crop_uri, css, map_uri, mask_uri, photo_uri, pose_svg
from psa_viz.rendering.overlays import UNSURE
from psa_viz.rendering.report_style import STYLE
from psa_viz.rendering.scales import Scale, gate_scale, probability_scale
from psa_viz.rendering.words import channel_sentence, percent, spatial_sentence
from psa_viz.values.geometry import Crop
from psa_viz.values.results import Explanation
from psa_viz.values.statistics import FLAT_RANGE
from psa_viz.values.trace import BlockAttention


def report(explanation: Explanation) -> str:
    """The explanation as one self-contained HTML document.

    Pictures are inside it, maps as one PNG pixel a cell. Gates are on the absolute scale with their numbers in words.
    Whatever text the explanation carries (names, edits) is escaped.
    """
    title = f"{explanation.model}: what the network saw"
    pictures = (
        f".photo {{ background-image: url({photo_uri(explanation.image)}); }}"
        f".seen {{ background-image: url({crop_uri(explanation.image, explanation.crop)}); "
        f"aspect-ratio: {explanation.crop.width} / {explanation.crop.height}; }}"
    )
    sections = (_header, _prediction, _heatmaps, _blocks, _others, _outputs, _tensors)
    body = "\n".join(text for section in sections if (text := section(explanation)))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{pictures}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _header(explanation: Explanation) -> str:
    height, width = explanation.image.shape[:2]
    crop = explanation.crop
    psa = f"{explanation.formula} formula, {explanation.layout} layout" if explanation.blocks else "none recorded"
    facts = {
        "Polarized self-attention": f"{psa}, {len(explanation.blocks)} blocks" if explanation.blocks else psa,
        "Photo": f"{width} x {height} px",
        "Crop the network saw": f"x {crop.box[0]:.1f} to {crop.box[2]:.1f}, y {crop.box[1]:.1f} to {crop.box[3]:.1f}, "
        f"as {crop.width} x {crop.height} px",
        "Time of the run": f"{explanation.seconds:.2f} s on {explanation.device}",
        "Mirror averaging": "on, for the predictions; gates are of the unmirrored photo" if explanation.flip else "off",
        "Weights (sha256)": explanation.weights_sha256 or "not from a file",
    }
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    edits = ""
    if explanation.edits:
        items = "".join(f"<li>{escape(edit)}</li>" for edit in explanation.edits)
        count = f"{len(explanation.edits)} edit{'s' if len(explanation.edits) > 1 else ''}"
        edits = (
            f'<div class="edits" role="note"><strong>{count}: this is an edited forward pass, '
            f"not what the model does by itself.</strong><ol>{items}</ol></div>"
        )
    notes = "".join(f'<p class="note" role="note">{escape(note)}</p>' for note in explanation.notes)
    return f"<header><h1>{escape(explanation.model)}</h1><dl class='facts'>{rows}</dl>{notes}{edits}</header>"


def _prediction(explanation: Explanation) -> str:
    height, width = explanation.image.shape[:2]
    frame = f'class="photo" style="aspect-ratio: {width} / {height}; width: min(100%, {640 * width / height:.0f}px)"'
    skeleton = pose_svg(explanation.pose, explanation.crop, width, height, UNSURE)
    if explanation.pose is None:
        words = "The crop that the network saw, in the light." + (
            "" if explanation.outputs else " It predicts no pose."
        )
    else:
        words = (
            "The crop that the network saw, in the light, and the joints it predicts: the person's right side orange, "
            f"left side blue. Hollow joints score under {UNSURE:g}."
        )
    figures = [_figure(f'<div {frame} role="img" aria-label="{words}">{skeleton}</div>', words)]
    segmentation = explanation.segmentation
    if segmentation is not None:
        shares = segmentation.shares(explanation.crop)
        items = "".join(
            f'<li><i style="background: {"none" if k == 0 else css(segmentation.palette[k])}"></i>{escape(name)}'
            f"<span>{percent(share)}</span></li>"
            for k, (name, share) in enumerate(zip(segmentation.class_names, shares, strict=True))
        )
        mask = f'<img class="over mask" alt="" src="{mask_uri(segmentation.mask, segmentation.palette)}">'
        picture = f'<div {frame} role="img" aria-label="Predicted mask over the photo">{mask}</div>'
        words = "Predicted class of every pixel; share of the crop inside the photo."
        figures.append(_figure(picture, f'{words}<ul class="classes">{items}</ul>'))
    return _section("Prediction", f'<div class="pair">{"".join(figures)}</div>')


def _heatmaps(explanation: Explanation) -> str:
    pose = explanation.pose
    if pose is None:
        return ""
    scale = probability_scale(pose.heatmaps)
    cells = []
    for name, heatmap, peak, score, (x, y) in zip(
        pose.joint_names, pose.heatmaps, pose.peaks, pose.scores, pose.keypoints, strict=True
    ):
        label = escape(name.replace("_", " "))
        words = f"<b>{label}</b><br>peak {peak:.4f}<br>score {score:.2f}<br>at ({x:.1f}, {y:.1f})"
        cells.append(_figure(_over_crop(map_uri(heatmap, scale), f"heatmap of {label}"), words))
    _, height, width = pose.heatmaps.shape
    words = (
        f"Probability of every cell, {width} x {height} cells to a joint; a map sums to the chance that it is there. "
        "All are on one scale. The score is the chance that the joint is right, as far as the network is calibrated."
    )
    switch = (
        '<input type="checkbox" id="heat" checked><label for="heat">over the crop (colours mix with the photo)</label>'
    )
    maps = f'<div class="maps">{"".join(cells)}</div>'
    return _section("Heatmaps", f'<p class="soft">{words}</p>{_legend(scale, pose.heatmaps)}<br>{switch}{maps}')


def _blocks(explanation: Explanation) -> str:
    if not explanation.blocks:
        return _section("Attention", "<p>This network has no polarized self-attention: nothing to show.</p>")
    scale = gate_scale()
    gates = np.concatenate([np.append(b.channel, b.spatial) for b in explanation.blocks.values()])
    rows = "".join(_row(block, explanation.crop, scale) for block in explanation.blocks.values())
    flat = sum(block.spatial_statistics.flat for block in explanation.blocks.values())
    words = (
        "Every gate on the same absolute scale; 0.5, the sigmoid of 0, is a gate that favours nothing. "
        f"{flat} of {len(explanation.blocks)} spatial gates {'is' if flat == 1 else 'are'} flat, spanning less than "
        f"{FLAT_RANGE:g}: too little to see on this scale, whatever a stretched picture would show."
    )
    switch = '<input type="checkbox" id="gates"><label for="gates">spatial gates over the crop (colours mix)</label>'
    heads = "<th>block</th><th>channel-only weights, in channel order</th><th>spatial-only map</th>"
    table = f'<table class="blocks"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return _section(
        "Attention, block by block", f'<p class="soft">{words}</p>{_legend(scale, gates)}<br>{switch}{table}'
    )


def _row(block: BlockAttention, crop: Crop, scale: Scale) -> str:
    channels, height, width = block.shape
    channel_words, spatial_words = channel_sentence(block), spatial_sentence(block, crop)
    axis = "".join(
        f'<span style="bottom: calc({(tick - scale.low) / (scale.high - scale.low):.4f} * 66px - .35em)">{label}</span>'
        for tick, label in zip(scale.ticks(), scale.tick_labels(), strict=True)
    )
    return (
        f'<tr><td class="name">{escape(block.name)}<small>{channels} channels, {width} x {height} cells</small></td>'
        f'<td class="channel"><div class="axis">{axis}{bars_svg(block.channel, scale, channel_words)}</div>'
        f'<p>{_marked(channel_words)}</p></td><td class="spatial"><div class="side">'
        f"{_over_crop(map_uri(block.spatial, scale), f'spatial gate: {spatial_words}')}"
        f"<p>{_marked(spatial_words)}</p></div></td></tr>"
    )


def _marked(words: str) -> str:
    """A sentence, its verdict "flat" standing out."""
    text, found, _ = words.partition(": flat")
    return escape(text) + (': <span class="flat">flat</span>' if found else "")


def _legend(scale: Scale, values: np.ndarray) -> str:
    """The scale's colours as a bar, its ticks at their places, and its words with the values that do not fit."""
    words = escape(scale.legend(values))
    if scale.constant:
        return f'<div class="legend">{words}</div>'
    bar = map_uri(np.linspace(scale.low, scale.high, 256)[None], scale)
    ticks = "".join(
        f'<span style="left: {100 * (tick - scale.low) / (scale.high - scale.low):.2f}%">{label}</span>'
        for tick, label in zip(scale.ticks(), scale.tick_labels(), strict=True)
    )
    return f'<div class="legend"><img alt="" src="{bar}"><div class="ticks">{ticks}</div><div>{words}</div></div>'


def _others(explanation: Explanation) -> str:
    if not explanation.others:
        return ""
    items = "".join(
        f"<li><b>{escape(name)}</b>: {escape(other.kind)}; {escape(other.acts or 'what else it does is not proven')}; "
        + ", ".join(
            f"{escape(site.name)} ({' x '.join(map(str, site.value.shape))}) from {site.value.min():.4g} to "
            f"{site.value.max():.4g}"
            for site in other.sites
        )
        + "</li>"
        for name, other in explanation.others.items()
    )
    words = "Gates that are not this program's own blocks, as the network made them; the numbers are in tensors.npz."
    return _section("Other attention", f'<p class="soft">{words}</p><ul>{items}</ul>')


def _outputs(explanation: Explanation) -> str:
    if not explanation.outputs:
        return ""
    items = "".join(
        f"<li><b>{escape(name)}</b>: {' x '.join(map(str, value.shape)) or 'one number'}, "
        + (f"from {float(value.min()):g} to {float(value.max()):g}" if value.size else "empty")
        + "</li>"
        for name, value in explanation.outputs.items()
    )
    words = "What the network returned. Its meaning is not known here; the numbers are in tensors.npz."
    return _section("Outputs", f'<p class="soft">{words}</p><ul>{items}</ul>')


def _tensors(explanation: Explanation) -> str:
    key = f"blocks.{next(iter(explanation.blocks))}.spatial" if explanation.blocks else "pose.heatmaps"
    if not explanation.blocks and explanation.pose is None:
        key = f"outputs.{next(iter(explanation.outputs))}" if explanation.outputs else "segmentation.probabilities"
    code = f"""import json
import numpy as np
about = json.load(open("explanation.json", encoding="utf-8"))
tensors = np.load("tensors.npz", allow_pickle=False)
print(tensors[{key!r}].shape, [entry["key"] for entry in about["tensors"]])"""
    words = "A saved explanation holds them beside this page, every number unrounded. In its folder:"
    return _section("The tensors behind it", f'<p class="soft">{words}</p><pre>{escape(code)}</pre>')


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>"


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _over_crop(uri: str, words: str) -> str:
    """A map over the part of the photo that it covers; the style sheet's switches show or hide the photo."""
    return f'<div class="seen"><img class="map" alt="{escape(words)}" src="{uri}"></div>'
