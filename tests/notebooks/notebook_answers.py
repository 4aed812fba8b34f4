"""What a student might write into each exercise: one right answer, and some wrong ones, as code after the notebook."""

RIGHT = {
    "01.1": """
_mean = features.mean(axis=1)
_v = W_z @ (W_v @ _mean)
answer_1 = 1 / (1 + np.exp(-(_v[0] - _v.mean()) / np.sqrt(_v.var() + 1e-5)))
""",
    "01.2": "answer_2 = weights[3]",
    "01.3": "answer_3 = [1 / (1 + math.exp(-v)) for v in (W_z @ z).tolist()]",
    "01.4": """
def answer_4(features, W_q, W_v, W_z):
    raised = np.exp(W_q @ features)[0]
    v = W_z @ (W_v @ (features @ (raised / raised.sum())))
    return 1 / (1 + np.exp(-(v - v.mean()) / np.sqrt(v.var() + 1e-5)))
""",
    "02.1": "answer_1 = 0.731",
    "02.2": "answer_2 = 0.500076",
    "02.3": """
_mean = features.mean(axis=1)
answer_3 = sigmoid(softmax(W_q @ _mean) @ (W_v @ _mean))
""",
    "02.4": """
def answer_4(features, W_q, W_v):
    return sigmoid(softmax(W_q @ features.mean(axis=1)) @ (W_v @ features))
""",
    "03.1": "answer_1 = [0.9, 0.18]",
    "03.2": "answer_2 = [32 * 64 * 1728 + 32 * 1728, 64 * 1728 + 32 * 64]",
    "03.3": """
_y, _flat = block(x).reshape(8, 6), x.reshape(8, 6)
_moved = block(_flat[:, order].reshape(x.shape)).reshape(8, 6)
answer_3 = [np.abs(_moved - _y).max(), np.abs(_moved[:, np.argsort(order)] - _y).max()]
""",
    "03.4": """
from numpy_block import channel_gate
def answer_4(X, channel, spatial):
    Z = channel_gate(X, *channel)[:, None] * X
    return spatial_gate(Z, *spatial) * Z
""",
    "04.1": "answer_1 = 0.50098",
    "04.2": "answer_2 = 0.2311",
    "04.3": "answer_3 = 2.197",
    "04.4": """
def answer_4(values):
    return softmax(values)
""",
    "05.1": "answer_1 = sum(b.channel.size + b.spatial.size for b in result.blocks.values())",
    "05.2": """
_shares = result.blocks[BLOCK].position_weights
answer_2 = list(np.unravel_index(_shares.argmax(), _shares.shape))
""",
    "05.3": """
_block = result.blocks[BLOCK]
_row, _column = np.unravel_index(_block.position_weights.argmax(), _block.position_weights.shape)
answer_3 = float(_block.channel[0] + _block.spatial[_row, _column])
""",
    "06.1": """
_change = difference(before, session.edited([psa_viz.SwitchOff(list(before.blocks)[-1], "channel", to="mean")]))
answer_1 = before.pose.joint_names[np.argmax(0.5 * np.abs(_change.heatmaps).sum(axis=(1, 2)))]
""",
    "06.2": "answer_2 = [psa_viz.Paint(BLOCK, before.blocks[BLOCK].spatial)]",
    "06.3": "answer_3 = len(session.reached([psa_viz.SwitchOff(LATE, 'channel', to=0.0)]))",
    "07.1": "answer_1 = library.end - library.start",
    "07.2": "answer_2 = np.trapezoid(curves.get('centre').left['target'][0], curves.shares)",
    "07.3": """
_gate = subject.gate(next(iter(subject.blocks)), "spatial")
_maps = evidence.label_free(subject.pixels, _gate.shape)
_found = {name: evidence.spearman(_gate, values) for name, values in _maps.items()}
answer_3 = max(_found, key=lambda name: abs(_found[name]))
""",
    "08.1": "answer_1 = 3 * (2 * 24**2 + 3 * 24)",
    "08.2": """
with psa_viz.edited(psa_network, [psa_viz.SwitchOff("blocks.2", "spatial", to="mean")]):
    answer_2 = accuracy(psa_network)
""",
    "08.3": "answer_3 = np.mean(differences) / (np.std(differences, ddof=1) / 3**0.5)",
    "08.4": """
_moved = np.stack([np.roll(mask, tuple(shift), axis=(0, 1)) for mask, shift in zip(covered, shifts)])
_far = all_alike(distance)
_on, _off = _far[_moved], np.sort(_far[~_moved])
answer_4 = (np.searchsorted(_off, _on) / len(_off)).mean()
""",
    "09.1": "answer_1 = 'official sequential'",
    "09.2": "answer_2 = Residual(16, lambda C: psa_viz.PolarizedSelfAttention(C, layout='sequential'))",
    "09.3": """
class Mistaken(TheirPSA):
    def forward(self, x):
        return super().forward(x) + 0.1 * x

answer_3 = network(Mistaken)
""",
    "10.1": "answer_1 = 2 * 48**2 + 3 * 48",
    "10.2": """
_psa, _none = (cost(f"coco-resnet-50-{name}", (256, 192)) for name in ("psa-official-parallel", "none"))
answer_2 = (_psa.macs - _none.macs) / 1e9
""",
    "10.3": "answer_3 = ((plain_found != psa_found) & counts).sum()",
    "10.4": """
def answer_4(values, draws):
    return np.std([values[places].mean() for places in draws])
""",
}

WRONG = {
    "01.1": ["answer_1 = weights[0]", "answer_1 = 0.5", "answer_1 = 'channel 0'"],
    "01.2": ["answer_2 = 10 * weights[3]", "answer_2 = 1 / (1 + math.exp(-10 * logits[3]))"],
    "01.3": ["answer_3 = weights", "answer_3 = weights[:7]"],
    "01.4": [
        "answer_4 = weights",
        """
def answer_4(features, W_q, W_v, W_z):
    return features
""",
        """
def answer_4(features, W_q, W_v, W_z):
    return channel_gate(features, W_q, W_v, W_z, norm=False)
""",
    ],
    "02.1": ["answer_1 = 1.0", "answer_1 = 0.73", "answer_1 = 'sigmoid of 1'"],
    "02.2": ["answer_2 = 0.5", "answer_2 = 0.500326"],
    "02.3": ["answer_3 = float(paper.mean())", "answer_3 = 0.5416"],
    "02.4": [
        """
def answer_4(features, W_q, W_v):
    return sigmoid(softmax(W_q @ features.mean(axis=1) @ (W_v @ features)))
""",
        """
def answer_4(features, W_q, W_v):
    return 0.5
""",
    ],
    "03.1": ["answer_1 = [0.18, 0.9]", "answer_1 = 0.9"],
    "03.2": ["answer_2 = [32 * 64 * 1728, 64 * 1728]", "answer_2 = [112640, 3594240]"],
    "03.3": ["answer_3 = 0", "answer_3 = [0, 0]", "answer_3 = [0.5, 0]"],
    "03.4": [
        """
def answer_4(X, channel, spatial):
    return channel_gate(X, *channel)[:, None] * X * spatial_gate(X, *spatial)
""",
        """
def answer_4(X, channel, spatial):
    return channel_gate(X, *channel)
""",
    ],
    "04.1": ["answer_1 = 0.5", "answer_1 = 0.5039"],
    "04.2": ["answer_2 = 0.7311", "answer_2 = 1.0"],
    "04.3": ["answer_3 = 0.7109", "answer_3 = 9"],
    "04.4": [
        """
def answer_4(values):
    return np.exp(values) / np.exp(values).sum()
""",
        """
def answer_4(values):
    return sigmoid(values)
""",
    ],
    "05.1": ["answer_1 = len(result.blocks)", "answer_1 = sum(b.channel.size for b in result.blocks.values())"],
    "05.2": [
        """
_shares = result.blocks[BLOCK].position_weights
answer_2 = list(np.unravel_index(_shares.argmin(), _shares.shape))
""",
        "answer_2 = 'top left'",
    ],
    "05.3": ["answer_3 = float(_block.channel[0] * _block.spatial[_row, _column])", "answer_3 = 0.5"],
    "06.1": [
        "answer_1 = before.pose.joint_names[np.argmin(0.5 * np.abs(_change.heatmaps).sum(axis=(1, 2)))]",
        "answer_1 = 0",
    ],
    "06.2": [
        "answer_2 = [psa_viz.Paint(BLOCK, 0 * before.blocks[BLOCK].spatial)]",
        "answer_2 = [psa_viz.Scale(BLOCK, factor=1.0, branch='spatial')]",
        "answer_2 = 'nothing'",
    ],
    "06.3": ["answer_3 = len(before.blocks)", "answer_3 = 0"],
    "07.1": ["answer_1 = library.end", "answer_1 = library.start - library.end"],
    "07.2": ["answer_2 = curves.areas('attention')[0] + 0.01", "answer_2 = curves.areas('random')"],
    "07.3": ["answer_3 = min(_found, key=lambda name: abs(_found[name]))", "answer_3 = 0.3"],
    "08.1": ["answer_1 = 2 * 24**2 + 3 * 24", "answer_1 = 3 * (2 * 24**2 + 24)"],
    "08.2": ["answer_2 = accuracy(psa_network) + 0.1", "answer_2 = 'most'"],
    "08.3": ["answer_3 = np.mean(differences)", "answer_3 = 12"],
    "08.4": ["answer_4 = higher_on_figure(all_alike(distance))", "answer_4 = 0.9"],
    "09.1": ["answer_1 = 'parallel'", "answer_1 = 3"],
    "09.2": [
        "answer_2 = Residual",
        "answer_2 = Residual(16)",
        "answer_2 = Residual(16, psa_viz.PolarizedSelfAttention)",
        "answer_2 = Residual(32, lambda C: psa_viz.PolarizedSelfAttention(C, layout='sequential'))",
    ],
    "09.3": ["answer_3 = network(TheirPSA)", "answer_3 = network()", "answer_3 = TheirPSA"],
    "10.1": ["answer_1 = 2 * 48**2 + 48", "answer_1 = 4700"],
    "10.2": ["answer_2 = 0.305", "answer_2 = _psa.macs - _none.macs"],
    "10.3": ["answer_3 = (plain_found != psa_found).sum() + 1", "answer_3 = int(counts.sum())"],
    "10.4": [
        """
def answer_4(values, draws):
    return np.std(values)
""",
        "answer_4 = 0.6",
    ],
}
