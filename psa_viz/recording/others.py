"""From gates that were seen to blocks of other attention: SE, CBAM, coordinate, ECA, GC, non-local, or unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn

from psa_viz.recording.acting import Seen
from psa_viz.values.other_attention import OtherAttention, Site

NAMES = {"C": "channel", "HW": "map", "CH": "rows", "CW": "columns", "CHW": "full"}
NOTHING: Mapping[str, str] = MappingProxyType({})
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def others(
    model: nn.Module, seen: Sequence[Seen], image: int = 0, images: int = 1, refused: Mapping[str, str] = NOTHING
) -> dict[str, OtherAttention]:
    """What other attention did to one image of the batch, in the order of the pass.

    Args:
        model: the one that was watched.
        seen: by psa_viz.recording.watching.watched.
        image: index in the batch.
        images: how many images the batch had.
        refused: path of a module that is called like PSA and is none -> whose names it has.

    Returns:
        Name -> block; one that ran several times is there once for each call, "se#0", "se#1" and so on.
    """
    blocks: dict[str, list[list[Seen]]] = {}
    for one in seen:
        calls = blocks.setdefault(one.home if one.home is not None else one.path, [])
        if not calls or _is_again(calls[-1], one):
            calls.append([])
        calls[-1].append(one)
    found = {}
    for path, calls in blocks.items():
        for number, own in enumerate(calls):
            name = f"{path}#{number}" if len(calls) > 1 else path
            sites = _sites(own, image, images)
            said = {one.acts for one in own if one.role == "gate"} or {one.acts for one in own}
            acts = said.pop() if len(said) == 1 else ""
            theirs = refused.get(path)
            kind = f"named like {theirs}" if theirs else _kind(model.get_submodule(path), sites)
            found[name] = OtherAttention(name, kind, acts, sites)
    return found


def _is_again(call: list[Seen], one: Seen) -> bool:
    """Whether a module that runs again has made this, and not the same call another time."""
    earlier = [other for other in call if other.path == one.path]
    return bool(earlier) and earlier[-1].call != one.call


def _sites(own: Sequence[Seen], image: int, images: int) -> tuple[Site, ...]:
    named: list[Site] = []
    for one in own:
        axes, value = _axes(one.value, one.features, image, images)
        name = NAMES.get(axes, one.role) if one.role == "gate" else "weights"
        if same := [site for site in named if site.name.partition(" ")[0] == name]:
            name = f"{name} {len(same) + 1}"
        kept = value.detach().to("cpu", torch.float64 if value.dtype == torch.float64 else torch.float32).numpy()
        named.append(Site(name, axes, one.role, 1.0 if one.role == "gate" else None, kept))
    return tuple(named)


def _axes(value: Tensor, features: tuple[int, ...] | None, image: int, images: int) -> tuple[str, Tensor]:
    """The axes of one image's part of a gate, and that part in them."""
    if not value.ndim or value.shape[0] != images:
        return LETTERS[: value.ndim], value
    own = value[image]
    if features is not None:
        _, c, h, w = features
        if value.ndim == 4:
            for axes, shape in (
                ("C", (c, 1, 1)), ("HW", (1, h, w)), ("CH", (c, h, 1)), ("CW", (c, 1, w)), ("CHW", (c, h, w)),
            ):  # fmt: skip
                if tuple(own.shape) == shape:
                    return axes, own.reshape([side for side, full in zip(shape, "CHW", strict=True) if full in axes])
        sides = [side for side in own.shape if side != 1]
        for axes, wanted in (("C", [c]), ("HW", [h, w])):
            if sides == wanted:
                return axes, own.reshape(wanted)
    own = own.reshape([side for side in own.shape if side != 1] or [1])
    asked = {2: "QK", 3: "hQK"} if features is None else {}
    return asked.get(own.ndim, LETTERS[: own.ndim]), own


def _kind(module: nn.Module, sites: Sequence[Site]) -> str:
    """What a block with these sites and layers is called."""
    gates, weights = [site.axes for site in sites if site.role == "gate"], [s for s in sites if s.role == "weights"]
    layers = list(module.modules())
    ones = [one for one in layers if isinstance(one, nn.Conv2d) and one.kernel_size == (1, 1)]
    dense = len(ones) + sum(isinstance(one, nn.Linear) for one in layers)
    if sorted(gates) == ["CH", "CW"]:
        return "coordinate attention"
    if gates == ["C", "HW"]:
        looks = any(isinstance(one, nn.Conv2d) and one.in_channels == 2 and one.out_channels == 1 for one in layers)
        return "CBAM" if looks else "a channel gate and a map"
    if weights and not gates:
        (first, *_) = weights
        return "GC" if first.value.ndim == 1 else "non-local" if first.axes == "QK" else "attention between positions"
    if gates == ["C"] and weights:
        return "a channel gate from weighted positions"
    if gates == ["C"]:
        if any(isinstance(one, nn.Conv1d) and one.in_channels == one.out_channels == 1 for one in layers):
            return "ECA"
        return "SE" if dense == 2 else "effective SE" if dense == 1 else "a channel gate"
    return "a map" if gates == ["HW"] else "a sigmoid gate" if gates else "softmax weights"
