"""python -m docs.recording: the moving picture of README.md, from the walk that comes with the page."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import psa_viz
from psa_viz.rendering.film import annotated

HERE = Path(__file__).parent
CLIP, PICTURE = HERE.parent / "demo" / "clips" / "walk.webp", HERE / "images" / "walk.webp"
MODEL, BLOCK = "person-movenet-psa-parallel", "stage5.block2"
MILLISECONDS, MOST_BYTES = 100, 2_000_000


def main() -> None:
    """Explain the walk and draw it; refuses to write more than a README should carry."""
    model, pictures = psa_viz.load(MODEL, device="cpu"), []
    for frame in psa_viz.explain_video(CLIP, model):
        shown, block = frame.explanation, frame.explanation.blocks[BLOCK]
        joints = (shown.pose.keypoints, shown.pose.scores, shown.pose.joint_names)
        picture = annotated(shown.image, shown.crop.box, joints, (BLOCK, block.channel, block.spatial))
        pictures.append(Image.fromarray(picture))
    first, *others = pictures
    first.save(PICTURE, save_all=True, append_images=others, duration=MILLISECONDS, loop=0, quality=70, method=6)
    if PICTURE.stat().st_size > MOST_BYTES:
        raise RuntimeError(f"{PICTURE} has {PICTURE.stat().st_size:,} bytes, more than {MOST_BYTES:,}")


if __name__ == "__main__":
    main()
