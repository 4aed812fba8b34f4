"""What published weight files call the parts of a network, told from what we call them.

HRNet's names come from leoxiaobin/deep-high-resolution-net.pytorch; DeLightCMU/PSA puts "backbone." before them, adds
the object context (here OCR) and calls PSA "deattn"; SimpleBaseline's are microsoft/human-pose-estimation.pytorch's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from psa_viz.models.files.checkpoints import OFFICIAL_PARALLEL, OFFICIAL_SEQUENTIAL
from psa_viz.models.full_size import FullSize
from psa_viz.models.nets.multiscale import OcrHRNet
from psa_viz.models.nets.pose_hrnet import PoseHRNet

PSA = ".deattn."
PSA_TENSORS = {ours: theirs for names in (OFFICIAL_PARALLEL, OFFICIAL_SEQUENTIAL) for theirs, ours in names.items()}

Rules = Sequence[tuple[str, str | Callable[[re.Match], str]]]

RESIDUAL: Rules = (
    (r"\.conv(\d)\.0\.", r".conv\1."),
    (r"\.conv(\d)\.1\.", r".bn\1."),
    (r"\.shortcut\.", ".downsample."),
    (r"\.attention\.(.*)", lambda found: PSA + PSA_TENSORS[found[1]]),
)
HRNET: Rules = (
    (r"^stem\.0\.0\.", "conv1."),
    (r"^stem\.0\.1\.", "bn1."),
    (r"^stem\.1\.0\.", "conv2."),
    (r"^stem\.1\.1\.", "bn2."),
    (r"^stage1\.block(\d+)\.", r"layer1.\1."),
    (r"^transition1\.1\.", "transition1.1.0."),
    (r"^transition([23])\.", r"transition\1.\1.0."),
    (r"^(stage\d\.\d+)\.branch(\d)\.block(\d+)\.", r"\1.branches.\2.\3."),
    (r"^(stage\d\.\d+)\.exchange\.", r"\1.fuse_layers."),
    (r"^heads\.pose\.", "final_layer."),
    *RESIDUAL,
)
RESNET: Rules = (
    (r"^stem\.0\.0\.", "conv1."),
    (r"^stem\.0\.1\.", "bn1."),
    (r"^stage(\d)\.block(\d+)\.", r"layer\1.\2."),
    (r"^enlarge\.(\d)\.(\d)\.", lambda found: f"deconv_layers.{3 * int(found[1]) + int(found[2])}."),
    (r"^heads\.pose\.", "final_layer."),
    *RESIDUAL,
)
"""Applied one after the other to a tensor's name."""

CONTEXT = "ocr.ocr_distri_head.object_context_block"
OCR = {
    "context.narrow.0": "ocr.conv3x3_ocr.0",
    "context.narrow.1": "ocr.conv3x3_ocr.1.0",
    "context.coarse.0": "ocr.aux_head.0",
    "context.coarse.1": "ocr.aux_head.1.0",
    "context.coarse.3": "ocr.aux_head.2",
    "context.query.0.0": f"{CONTEXT}.f_pixel.0",
    "context.query.0.1": f"{CONTEXT}.f_pixel.1.0",
    "context.query.1.0": f"{CONTEXT}.f_pixel.2",
    "context.query.1.1": f"{CONTEXT}.f_pixel.3.0",
    "context.key.0.0": f"{CONTEXT}.f_object.0",
    "context.key.0.1": f"{CONTEXT}.f_object.1.0",
    "context.key.1.0": f"{CONTEXT}.f_object.2",
    "context.key.1.1": f"{CONTEXT}.f_object.3.0",
    "context.value.0": f"{CONTEXT}.f_down.0",
    "context.value.1": f"{CONTEXT}.f_down.1.0",
    "context.widen.0": f"{CONTEXT}.f_up.0",
    "context.widen.1": f"{CONTEXT}.f_up.1.0",
    "context.mix.0.0": "ocr.ocr_distri_head.conv_bn_dropout.0",
    "context.mix.0.1": "ocr.ocr_distri_head.conv_bn_dropout.1.0",
    "context.classes": "ocr.cls_head",
    "scale_attention.0.0": "scale_attn.conv0",
    "scale_attention.0.1": "scale_attn.bn0",
    "scale_attention.1.0": "scale_attn.conv1",
    "scale_attention.1.1": "scale_attn.bn1",
    "scale_attention.2": "scale_attn.conv2",
}
"""Modules of the segmentation network after its trunk."""


def official_names(network: FullSize) -> dict[str, str]:
    """Our name of every tensor -> theirs; no two of theirs are equal, so that the table works both ways.

    Raises:
        ValueError: for a network with the paper's formula, for which no published layout of names exists.
    """
    if network.info is not None and network.info.formula == "paper":
        raise ValueError(f"{network.info.name} has no official names: the official code never had the paper's formula")
    return {ours: _official_name(network, ours) for ours in network.state_dict()}


def _official_name(network: FullSize, ours: str) -> str:
    if not isinstance(network, OcrHRNet):
        return _apply(HRNET if isinstance(network, PoseHRNet) else RESNET, ours)
    module, _, tensor = ours.rpartition(".")
    return f"{OCR[module]}.{tensor}" if module in OCR else "backbone." + _apply(HRNET, ours)


def _apply(rules: Rules, name: str) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name
