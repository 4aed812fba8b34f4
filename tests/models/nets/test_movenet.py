"""MoveNet in torch: the published graph's numbers, attention that begins neutral, joints that can be absent."""

import numpy as np
import pytest
import torch

from psa_viz.attention.polarized import PolarizedSelfAttention
from psa_viz.models.nets.movenet import DenseMoveNet
from psa_viz.models.nets.neutral import scale_for_neutral
from psa_viz.models.normalise import normalise
from psa_viz.models.zoo import VARIANTS, build
from psa_viz.training.movenet_files import COCO_JOINTS, as_lsp, converted, names

WITH_PSA = [variant for variant in VARIANTS if variant != "none"]
REFERENCE = {  # node tests/models/reference/thunder.mjs .../movenet-thunder.json filled
    "sum": 2421.845529082231,
    "sum_abs": 132921.13418015558,
    "nose": (
        -0.3680780231952667,
        1.9685863256454468,
        -0.4682007431983948,
        -1.418414831161499,
        0.5303847789764404,
        0.08726794272661209,
    ),
    "right_ankle": (5.53891658782959, -11.289968490600586, -5.882386207580566),
}


def tensorflow_shape(ours, shape):
    """(out, in, h, w) -> (h, w, in, out); depthwise (channels, 1, h, w) -> (h, w, channels, 1)."""
    if len(shape) == 1:
        return tuple(shape)
    depthwise = shape[1] == 1 and (".depthwise" in ours or ours == "pose.0.weight")
    return (*shape[2:], shape[0], 1) if depthwise else (*shape[2:], shape[1], shape[0])


def formula(shape):
    fan = 0 if len(shape) == 1 else np.prod(shape[:2]) * (1 if shape[3] == 1 else shape[2])
    count = int(np.prod(shape))
    values = (4 / np.sqrt(fan) if fan else 0.1) * np.sin(0.7 * np.arange(count, dtype=np.float64) + count)
    return values.astype(np.float32).reshape(shape)


@pytest.fixture(scope="module")
def published():
    """A network of the published shape, its tensors from the formula."""
    network = DenseMoveNet({"pose": len(COCO_JOINTS), "segmentation": 8}).eval()
    own = network.state_dict()
    graph = {theirs: formula(tensorflow_shape(ours, own[ours].shape)) for ours, theirs in names()}
    network.load_state_dict(own | converted(graph))
    return network


def picture():
    y, x, c = np.mgrid[:256, :256, :3]
    return torch.from_numpy(((3 * y + 5 * x + 50 * c + x * y // 64) % 256).astype(np.uint8)).permute(2, 0, 1)[None]


def test_the_network_computes_what_the_published_graph_does(published):
    with torch.no_grad():
        heatmaps = published(normalise(picture()))["pose"][0].double().numpy()
    assert heatmaps.sum() == pytest.approx(REFERENCE["sum"], rel=1e-5)
    assert np.abs(heatmaps).sum() == pytest.approx(REFERENCE["sum_abs"], rel=1e-5)
    largest = np.abs(heatmaps).max()
    np.testing.assert_allclose(heatmaps[0, 30, 20:26], REFERENCE["nose"], atol=1e-5 * largest)
    np.testing.assert_allclose(heatmaps[16, 0, :3], REFERENCE["right_ankle"], atol=1e-5 * largest)


def test_every_tensor_of_trunk_pyramid_and_pose_head_is_read(published):
    ours = {key for key in published.state_dict() if not key.startswith(("parsing.", "classes.", "absent.", "calib"))}
    assert {name for name, _ in names()} == ours


def test_joints_that_coco_lacks_begin_as_means(published):
    state = as_lsp({key: value for key, value in published.state_dict().items() if key.startswith("pose.3")})
    coco, lsp = published.pose[3].bias, state["pose.3.bias"]
    assert lsp.shape == (14,)
    assert lsp[0] == coco[COCO_JOINTS.index("right_ankle")]
    assert lsp[12] == pytest.approx(float(coco[5:7].mean()), abs=1e-6)
    assert lsp[13] == pytest.approx(float(coco[:5].mean()), abs=1e-6)


@pytest.mark.parametrize("variant", WITH_PSA)
def test_fresh_attention_changes_nothing(variant):
    torch.manual_seed(0)
    plain = build("person-movenet-none").eval()
    with torch.no_grad():
        plain.absent.weight.normal_(std=0.1)
        for level in plain.parsing.modules():
            if isinstance(level, torch.nn.BatchNorm2d):
                level.running_mean.normal_(std=0.1)
                level.bias.normal_(std=0.1)
    attended = build(f"person-movenet-{variant}")
    attended.load_state_dict(attended.state_dict() | plain.state_dict())
    scale_for_neutral(attended, 192)
    attended.eval()
    image = torch.randn(2, 3, 192, 192)
    with torch.no_grad():
        expected, got = plain(image), attended(image)
    assert sum(isinstance(module, PolarizedSelfAttention) for module in attended.modules()) == 23
    for task, maps in expected.items():
        assert maps.std() > 0
        assert (got[task] - maps).abs().max() <= 1e-5 * maps.abs().max(), task


@pytest.mark.parametrize("variant", WITH_PSA)
def test_every_tensor_of_the_attention_learns_from_neutral(variant):
    torch.manual_seed(1)
    network = build(f"person-movenet-{variant}")
    optimiser = torch.optim.SGD(network.parameters(), lr=1e-2)
    image = torch.randn(2, 3, 64, 64)
    before = {name: value.clone() for name, value in network.named_parameters() if ".attention." in name}
    with torch.no_grad():
        network.classes[-1].weight.normal_(std=0.1)
    for _ in range(3):  # gates of exactly 0.5 hold some gradients back until others have moved
        optimiser.zero_grad()
        sum(maps.float().square().mean() for maps in network(image).values()).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 100.0)
        optimiser.step()
    # W_q of the channel branch moves last of all, through a softmax over few positions; its gradient is enough.
    still = {n for n, p in network.named_parameters() if n in before and (p.grad is None or not p.grad.abs().sum() > 0)}
    assert not still


def test_rows_give_each_head_its_own_images():
    torch.manual_seed(2)
    network = build("person-movenet-psa-parallel").eval()
    images = torch.randn(3, 3, 64, 64)
    with torch.no_grad():
        every, some = network(images), network(images, {"pose": slice(0, 2), "segmentation": slice(1, 3)})
    torch.testing.assert_close(some["pose"], every["pose"][:2])
    torch.testing.assert_close(some["absent"], every["absent"][:2])
    torch.testing.assert_close(some["segmentation"], every["segmentation"][1:])
