"""What other methods say counts for a target, by captum, to be held against what attention says.

Left out, because their promises do not hold for a PSA block: DeepLift and guided backpropagation, which replace the
gradients of ReLU, sigmoid and softmax modules that are called once each. The block multiplies features with gates that
depend on the same features, which no rule of theirs covers, and it computes with functions where it can, which they
silently leave as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import FeatureAblation, IntegratedGradients, LayerGradCam, Occlusion, Saliency
from torch import Tensor, nn

from psa_viz.evidence.faithfulness import off_value
from psa_viz.evidence.subject import BATCH, Subject
from psa_viz.evidence.targets import FixedTarget
from psa_viz.values.edits import Branch
from psa_viz.values.evidence import Attribution

METHODS = {
    "integrated_gradients": "input",
    "gradient_shap": "input",
    "grad_cam": "block",
    "gate_gradients": "gate",
    "gate_ablation": "gate",
    "gate_occlusion": "spatial gate",
}
"""Method -> what it gives credit to: the pixels that the network is given, what a block returns, or a block's gates."""
STEPS = 32
"""Points on the way from the baseline in integrated gradients; random points on such ways in GradientSHAP."""
PATCHES = 8
"""A map's cells are ablated in patches, at most so many along each axis."""


def methods_for(branch: Branch) -> tuple[str, ...]:
    """Names of the methods whose results can be compared with the gate of a branch, value by value."""
    return tuple(name for name, of in METHODS.items() if branch == "spatial" or of == "gate")


def attribute(
    subject: Subject,
    target: FixedTarget,
    method: str,
    block: str,
    branch: Branch = "spatial",
    off: float | str = 0.0,
    steps: int = STEPS,
    seed: int = 0,
    module: str | None = None,
) -> Attribution:
    """Credit for a target by one method.

    Args:
        method: one of METHODS. "integrated_gradients" and "gate_gradients" go straight from the baseline (neutral
            grey; the gate switched off) to what is there, and their values add up to the target's change up to `delta`.
            "gradient_shap" does it from random places on ways that begin at random plain colours. "grad_cam" weighs
            the channels of what the block returns by their mean gradient. "gate_ablation" switches one channel or
            patch of cells off at a time, "gate_occlusion" a window that moves by half its size.
        block: the block that the result is compared with.
        branch: for methods on a gate.
        off: what a gate's values become, see psa_viz.evidence.faithfulness.off_value.
        steps: see STEPS.
        seed: for "gradient_shap".
        module: for "grad_cam", the path of another module than the block's PSA; it has to return (N, C, h, w).

    Raises:
        ValueError: for an unknown method, block, branch or module, or a method that has no values for the branch.
        psa_viz.evidence.work.Cancelled: if the subject's work was stopped.
    """
    gate = subject.gate(block, branch)
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; expected one of {', '.join(METHODS)}")
    if method not in methods_for(branch):
        raise ValueError(f"{method} has no values for channels; expected one of {', '.join(methods_for(branch))}")
    cells = subject.gate(block, "spatial").shape
    if method == "grad_cam":
        return _grad_cam(subject, target, block, module or subject.session.path(block), cells)
    if METHODS[method] == "input":
        way = _integrated if method == "integrated_gradients" else _shap
        return way(subject, target, block, cells, steps, seed)
    return _on_gate(subject, target, method, block, branch, off_value(gate, off), steps)


def rows_needed(method: str, values: int, branch: Branch, steps: int = STEPS) -> int:
    """Units of psa_viz.evidence.work.Work that a method takes for a gate of so many values."""
    if method in ("integrated_gradients", "gradient_shap", "gate_gradients"):
        return 3 * steps + 2 + (method == "gradient_shap") * (steps - 1)
    if method == "grad_cam":
        return 3
    parts = values if branch == "channel" else min(values, PATCHES**2)
    return 1 + (parts if method == "gate_ablation" else (2 * PATCHES - 1) ** 2)


def _integrated(
    subject: Subject, target: FixedTarget, block: str, cells: tuple[int, int], steps: int, seed: int
) -> Attribution:
    del seed  # nothing is drawn
    forward = _of_image(subject, target)
    values = IntegratedGradients(forward).attribute(
        subject.image, baselines=0.0, n_steps=steps, internal_batch_size=BATCH
    )
    start, end = _at(forward, torch.zeros_like(subject.image)), subject.now(target)
    note = f"{steps} steps from neutral grey to the photo; red, green and blue added up"
    return _from_pixels("integrated_gradients", block, values, cells, start, end, _left(values, start, end), note)


def _shap(
    subject: Subject, target: FixedTarget, block: str, cells: tuple[int, int], steps: int, seed: int
) -> Attribution:
    """captum's own GradientShap draws from numpy's and torch's global generators, which two threads would share."""
    forward, draw = _of_image(subject, target), torch.Generator().manual_seed(seed)
    colours = torch.randn(steps, 3, 1, 1, generator=draw).to(subject.image)
    ways = torch.rand(steps, 1, 1, 1, generator=draw).to(subject.image)
    total, start = torch.zeros_like(subject.image), 0.0
    for first in range(0, steps, BATCH):
        begin = colours[first : first + BATCH].expand(-1, -1, *subject.image.shape[2:])
        points = (begin + ways[first : first + BATCH] * (subject.image - begin)).requires_grad_()
        gradients = Saliency(forward).attribute(points.requires_grad_(), abs=False)
        total += (gradients.detach() * (subject.image - begin)).sum(dim=0, keepdim=True) / steps
        with torch.no_grad():
            start += float(forward(begin).sum()) / steps
    end = subject.now(target)
    note = f"{steps} random points on ways from random plain colours to the photo; red, green and blue added up"
    return _from_pixels("gradient_shap", block, total, cells, start, end, _left(total, start, end), note)


def _grad_cam(subject: Subject, target: FixedTarget, block: str, path: str, cells: tuple[int, int]) -> Attribution:
    own = nn.Identity()  # captum's hooks go here, and none onto the network that others use too

    def forward(image: Tensor) -> Tensor:
        return target(subject.run(image, {path: subject.session.in_call(block, own)}))

    values = LayerGradCam(forward, own).attribute(subject.image.clone().requires_grad_()).detach()[0, 0]
    note = f"channels of what {path} returns, weighted by their mean gradient; signed"
    native = F.adaptive_avg_pool2d(values[None], cells)[0]
    magnitude = F.adaptive_avg_pool2d(values.abs()[None], cells)[0]
    return Attribution(
        "grad_cam", "block", block, _numpy(values), _numpy(native), _numpy(magnitude), None, None, None, note
    )


def _on_gate(
    subject: Subject, target: FixedTarget, method: str, block: str, branch: Branch, off: float, steps: int
) -> Attribution:
    gate = torch.from_numpy(subject.gate(block, branch).copy())[None].to(subject.image.device)
    baseline = torch.full_like(gate, off)

    def forward(gates: Tensor) -> Tensor:
        return target(subject.gated(block, branch, gates))

    start = end = delta = None
    if method == "gate_gradients":
        values = IntegratedGradients(forward).attribute(
            gate, baselines=baseline, n_steps=steps, internal_batch_size=BATCH
        )
        start, end = _at(forward, baseline), subject.now(target)
        delta = _left(values, start, end)
        note = f"{steps} steps from a gate of {off:.4g} to the gate as it is"
    elif method == "gate_ablation":
        mask, size = _patches(gate)
        with torch.no_grad():
            values = FeatureAblation(forward).attribute(
                gate, baselines=baseline, feature_mask=mask, perturbations_per_eval=BATCH
            )
        values = values / mask.unique(return_counts=True)[1][mask]  # a patch's effect is shared by its cells
        note = f"{'one channel' if branch == 'channel' else f'{size} cells'} at a time set to {off:.4g}"
    else:
        window = tuple(max(1, side // PATCHES) for side in gate.shape[1:])
        with torch.no_grad():
            values = Occlusion(forward).attribute(
                gate,
                sliding_window_shapes=window,
                strides=tuple(max(1, side // 2) for side in window),
                baselines=off,
                perturbations_per_eval=BATCH,
            )
        note = f"a window of {window[1]}x{window[0]} cells, moved by half its size, set to {off:.4g}"
    values = _numpy(values.detach()[0])
    return Attribution(method, f"{branch} gate", block, values, values, np.abs(values), start, end, delta, note)


def _patches(gate: Tensor) -> tuple[Tensor, str]:
    """(1, ...) number of the part that each value belongs to, and the parts' size in words."""
    if gate.ndim == 2:
        return torch.arange(gate.shape[1], device=gate.device)[None], "1"
    height, width = gate.shape[1:]
    y = torch.arange(height, device=gate.device) * min(PATCHES, height) // height
    x = torch.arange(width, device=gate.device) * min(PATCHES, width) // width
    size = f"{-(-width // PATCHES)}x{-(-height // PATCHES)}"
    return (y[:, None] * min(PATCHES, width) + x)[None], size


def _of_image(subject: Subject, target: FixedTarget) -> Callable[[Tensor], Tensor]:
    return lambda images: target(subject.run(images))


def _at(forward: Callable[[Tensor], Tensor], there: Tensor) -> float:
    with torch.no_grad():
        return float(forward(there))


def _left(values: Tensor, start: float, end: float) -> float:
    """What the values add up to beyond the target's change."""
    return float(values.detach().double().sum()) - (end - start)


def _from_pixels(
    method: str,
    block: str,
    values: Tensor,
    cells: tuple[int, int],
    start: float,
    end: float,
    delta: float,
    note: str,
) -> Attribution:
    """(1, 3, h, w) credit of pixels -> of the block's cells too, each the sum over the pixels that it covers."""
    pixels = values.detach().double().sum(dim=1)  # (1, h, w)
    share = pixels[0].numel() / (cells[0] * cells[1])
    native, magnitude = (F.adaptive_avg_pool2d(x, cells)[0] * share for x in (pixels, pixels.abs()))
    return Attribution(
        method, "input", block, _numpy(pixels[0]), _numpy(native), _numpy(magnitude), start, end, delta, note
    )


def _numpy(values: Tensor) -> np.ndarray:
    return values.cpu().double().numpy()
