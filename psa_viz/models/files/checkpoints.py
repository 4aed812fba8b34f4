"""Other people's PSA parameters, told apart by their names and brought into ours.

Names and shapes of the official block (DeLightCMU/PSA, network/PSA.py) and of the best-known port of the paper's
formula (xmu-xiaoma666/External-Attention-pytorch). In the official file "right" is the channel branch and "left" the
spatial one.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from psa_viz.attention.polarized import Layout, PolarizedSelfAttention

OFFICIAL_PARALLEL = {
    "conv_q_right.weight": "channel.query.weight",
    "conv_v_right.weight": "channel.value.weight",
    "conv_up.weight": "channel.ending.weight",
    "conv_q_left.weight": "spatial.query.weight",
    "conv_v_left.weight": "spatial.value.weight",
}
OFFICIAL_SEQUENTIAL = {
    "conv_q_right.weight": "channel.query.weight",
    "conv_v_right.weight": "channel.value.weight",
    "conv_up.0.weight": "channel.ending.0.weight",
    "conv_up.0.bias": "channel.ending.0.bias",
    "conv_up.1.weight": "channel.ending.1.weight",
    "conv_up.1.bias": "channel.ending.1.bias",
    "conv_up.3.weight": "channel.ending.3.weight",
    "conv_up.3.bias": "channel.ending.3.bias",
    "conv_q_left.weight": "spatial.query.weight",
    "conv_v_left.weight": "spatial.value.weight",
}
PORT = {
    f"{theirs}.{kind}": f"{ours}.{kind}"
    for theirs, ours in {
        "ch_wv": "channel.value",
        "ch_wq": "channel.query",
        "ch_wz": "channel.ending.0",
        "ln": "channel.ending.1",
        "sp_wv": "spatial.value",
        "sp_wq": "spatial.query",
    }.items()
    for kind in ("weight", "bias")
}


def block_from_official(state_dict: Mapping[str, Tensor]) -> PolarizedSelfAttention:
    """One official block's tensors as our module, in their precision; formula "official", layout told from the keys.

    Raises:
        ValueError: if the keys are those of neither official block, or a shape does not fit.
    """
    sequential = "conv_up.0.weight" in state_dict
    names = OFFICIAL_SEQUENTIAL if sequential else OFFICIAL_PARALLEL
    return _fill(state_dict, names, layout="sequential" if sequential else "parallel", formula="official", bias=False)


def block_from_port(state_dict: Mapping[str, Tensor], layout: Layout) -> PolarizedSelfAttention:
    """One block of the port as our module, in its precision; formula "paper" with biases.

    Args:
        state_dict: keys ch_wv, ch_wq, ch_wz, ln, sp_wv, sp_wq, each with .weight and .bias.
        layout: both of the port's classes use the same keys, so it has to be said.

    Raises:
        ValueError: if a key is missing or unknown, or a shape does not fit.
    """
    return _fill(state_dict, PORT, layout=layout, formula="paper", bias=True)


def _fill(state_dict: Mapping[str, Tensor], names: Mapping[str, str], **kind) -> PolarizedSelfAttention:
    missing, unknown = names.keys() - state_dict.keys(), state_dict.keys() - names.keys()
    if missing or unknown:
        raise ValueError(
            f"these are not the keys of a {kind['formula']} {kind['layout']} block: "
            f"missing {sorted(missing) or 'none'}, unknown {sorted(unknown) or 'none'}"
        )
    query = next(name for name, ours in names.items() if ours == "channel.query.weight")
    block = PolarizedSelfAttention(channels=state_dict[query].shape[1], **kind).to(state_dict[query].dtype)
    own = block.state_dict()
    for theirs, ours in names.items():
        # Their 1x1 convolutions carry trailing axes of size 1; the matrix is the same.
        if state_dict[theirs].squeeze().shape != own[ours].squeeze().shape:
            raise ValueError(
                f"{theirs}: expected {tuple(own[ours].shape)} up to axes of size 1, "
                f"got {tuple(state_dict[theirs].shape)}"
            )
        own[ours] = state_dict[theirs].reshape(own[ours].shape)
    block.load_state_dict(own)
    return block
