"""HRNet for top-down pose estimation at full size. Sun et al., arXiv 1902.09212, section 3; leoxiaobin's code."""

from __future__ import annotations

from torch import Tensor, nn

from psa_viz.models.nets.blocks import Attention, check_image
from psa_viz.models.nets.heads import ModelInfo
from psa_viz.models.nets.heatmaps import as_logits, pose_head
from psa_viz.models.nets.hrnet import HRNet

MODULES = (1, 4, 3)
BLOCKS = 4


class PoseHRNet(HRNet):
    """One heatmap per joint from the finest branch, at stride 4.

    Attention sits where the official code has it: in the 104 basic blocks, not in the bottlenecks of stage 1.

    Args:
        width: 32 or 48 in the published networks.
        joints: number of heatmaps.
        attention: fills the slots.

    Attributes:
        info: what the network was trained for; None for one that was built by hand.
    """

    info: ModelInfo | None = None

    def __init__(self, width: int, joints: int, attention: Attention = nn.Identity) -> None:
        super().__init__(width, MODULES, BLOCKS, attention, finest_only=True, stage1_attention=False)
        self.heads = pose_head(width, joints)

    def heatmaps(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) RGB, normalised, H and W multiples of 32 -> (N, J, H/4, W/4), a joint's peak near 1."""
        check_image(image, self.coarsest)
        return self.heads["pose"](self.features(image)[0])

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """As `heatmaps`, but {"pose": logits}; see psa_viz.models.nets.heatmaps.as_logits."""
        return {"pose": as_logits(self.heatmaps(image))}
