"""The formulas as printed, W_v X and W_q X at full size, from a block's parameters by name: none of its code is run."""

import torch

ENDINGS = {"paper": "norm", "official parallel": "linear", "official sequential": "bottleneck"}
SOFTMAX_ON = {"paper": "query", "official parallel": "product", "official sequential": "value"}


def softmax(values, axis):
    exponentials = torch.exp(values - values.amax(axis, keepdim=True))
    return exponentials / exponentials.sum(axis, keepdim=True)


def sigmoid(values):
    return 1 / (1 + torch.exp(-values))


def linear(p, name, values, axes):
    """W values + b with W over the axis c."""
    out = torch.einsum(f"oc,{axes}->{axes.replace('c', 'o')}", p[f"{name}.weight"], values)
    bias = p.get(f"{name}.bias")
    return out if bias is None else out + bias.view(-1, *[1] * (out.ndim - 2))


def layer_norm(p, name, values):
    centred = values - values.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * p[f"{name}.weight"] + p[f"{name}.bias"]


def ending_as_printed(p, ending, collapsed):
    if ending == "linear":
        return linear(p, "channel.ending", collapsed, "nc")
    if ending == "norm":
        return layer_norm(p, "channel.ending.1", linear(p, "channel.ending.0", collapsed, "nc"))
    narrow = layer_norm(p, "channel.ending.1", linear(p, "channel.ending.0", collapsed, "nc"))
    return linear(p, "channel.ending.3", narrow.clamp(min=0), "nc")


def channel_as_printed(p, ending, pixels):
    """sigmoid(ending(W_v X softmax_N(W_q X))): (N, C, HW) -> (N, C)."""
    weights = softmax(linear(p, "channel.query", pixels, "ncp")[:, 0], -1)
    collapsed = torch.einsum("nop,np->no", linear(p, "channel.value", pixels, "ncp"), weights)
    return sigmoid(ending_as_printed(p, ending, collapsed))


def spatial_as_printed(p, softmax_on, pixels):
    """sigmoid(s^T W_v X), with the softmax where the formula has it: (N, C, HW) -> (N, HW)."""
    pooled = linear(p, "spatial.query", pixels, "ncp").mean(-1)  # GAP(W_q X)
    value = linear(p, "spatial.value", pixels, "ncp")
    if softmax_on == "query":
        pooled = softmax(pooled, 1)
    if softmax_on == "value":
        value = softmax(value, -1)
    product = torch.einsum("no,nop->np", pooled, value)
    return sigmoid(softmax(product, -1) if softmax_on == "product" else product)


def as_printed(block, x):
    """Equations 1 to 4: (N, C, H, W) -> (N, C, H, W)."""
    p, pixels = dict(block.named_parameters()), x.flatten(2)
    form = block.formula if block.formula == "paper" else f"{block.formula} {block.layout}"
    z = channel_as_printed(p, ENDINGS[form], pixels)[:, :, None] * pixels
    if block.layout == "parallel":
        y = z + spatial_as_printed(p, SOFTMAX_ON[form], pixels)[:, None] * pixels
    else:
        y = spatial_as_printed(p, SOFTMAX_ON[form], z)[:, None] * z
    return y.view_as(x)
