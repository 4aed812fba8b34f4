"""What a student might write into each exercise: one right answer, and some wrong ones, as code after the notebook."""

RIGHT = {
    "01.1": """
_mean = features.mean(dim=1)
answer_1 = torch.sigmoid(torch.nn.functional.layer_norm(W_z @ (W_v @ _mean), (8,)))[0]
""",
    "01.2": "answer_2 = weights[3]",
    "01.3": "answer_3 = [1 / (1 + math.exp(-v)) for v in (W_z @ z).tolist()]",
    "02.1": "answer_1 = 0.7311",
    "02.2": "answer_2 = 0.500081",
    "02.3": """
_mean = features.mean(dim=1)
_s = torch.softmax(W_q @ _mean, dim=0)
answer_3 = float(torch.sigmoid(_s @ (W_v @ _mean)))
""",
    "03.1": "answer_1 = [0.9, 0.18]",
    "03.2": "answer_2 = [32 * 64 * 1728 + 32 * 1728, 64 * 1728 + 32 * 64]",
    "03.3": """
_order = torch.randperm(32 * 24)
with torch.no_grad():
    _out = block(x.flatten(2)[:, :, _order].view_as(x)).flatten(2)
    answer_3 = float((_out[:, :, torch.argsort(_order)].view_as(x) - block(x)).abs().max())
""",
    "04.1": "answer_1 = 0.50098",
    "04.2": "answer_2 = 0.2311",
    "04.3": "answer_3 = 2.197",
    "05.1": "answer_1 = sum(b.channel.size + b.spatial.size for b in result.blocks.values())",
    "05.2": """
_shares = result.blocks["stage2.0.branch1.block1"].position_weights
answer_2 = list(np.unravel_index(_shares.argmax(), _shares.shape))
""",
    "05.3": """
_block = result.blocks["stage2.0.branch1.block1"]
_row, _column = np.unravel_index(_block.position_weights.argmax(), _block.position_weights.shape)
answer_3 = float(_block.channel[0] + _block.spatial[_row, _column])
""",
    "06.1": """
_change = difference(before, experiment.edited([psa_viz.SwitchOff("stage4.0.branch1.block1", "channel", to="mean")]))
answer_1 = before.pose.joint_names[np.argmax(0.5 * np.abs(_change.heatmaps).sum(axis=(1, 2)))]
""",
    "06.2": "answer_2 = [psa_viz.Paint(BLOCK, before.blocks[BLOCK].spatial)]",
    "06.3": "answer_3 = len(experiment.reached([psa_viz.SwitchOff('stage4.0.branch0.block0', 'channel', to=0.0)]))",
    "07.1": "answer_1 = library.end - library.start",
    "07.2": "answer_2 = np.trapezoid(curves.get('centre').left['target'][0], curves.shares)",
    "07.3": """
_gate = subject.gate("stage1.block0", "spatial")
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
    "09.1": "answer_1 = 'Sequential'",
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
    "10.3": "answer_3 = 1.2",
}

WRONG = {
    "01.1": ["answer_1 = weights[0]", "answer_1 = 0.5", "answer_1 = 'channel 0'"],
    "01.2": ["answer_2 = 10 * weights[3]", "answer_2 = 1 / (1 + math.exp(-10 * logits[3]))"],
    "01.3": ["answer_3 = weights", "answer_3 = weights[:7]"],
    "02.1": ["answer_1 = 1.0", "answer_1 = 0.73"],
    "02.2": ["answer_2 = 0.5", "answer_2 = 0.500326"],
    "02.3": ["answer_3 = float(paper.mean())", "answer_3 = 0.5416"],
    "03.1": ["answer_1 = [0.18, 0.9]", "answer_1 = 0.9"],
    "03.2": ["answer_2 = [32 * 64 * 1728, 64 * 1728]", "answer_2 = [112640, 3594240]"],
    "03.3": [
        """
with torch.no_grad():
    answer_3 = float((block(x.flip(2)) - block(x)).abs().max())
""",
        "answer_3 = 0.5",
    ],
    "04.1": ["answer_1 = 0.5", "answer_1 = 0.5039"],
    "04.2": ["answer_2 = 0.7311", "answer_2 = 1.0"],
    "04.3": ["answer_3 = 0.7109", "answer_3 = 9"],
    "05.1": ["answer_1 = len(result.blocks)", "answer_1 = sum(b.channel.size for b in result.blocks.values())"],
    "05.2": [
        """
_shares = result.blocks["stage2.0.branch1.block1"].position_weights
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
        "answer_2 = []",
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
    "09.1": ["answer_1 = 'parallel'", "answer_1 = None"],
    "09.2": [
        "answer_2 = Residual",
        "answer_2 = Residual(16)",
        "answer_2 = Residual(16, psa_viz.PolarizedSelfAttention)",
        "answer_2 = Residual(32, lambda C: psa_viz.PolarizedSelfAttention(C, layout='sequential'))",
    ],
    "09.3": ["answer_3 = network(TheirPSA)", "answer_3 = network()", "answer_3 = TheirPSA"],
    "10.1": ["answer_1 = 2 * 48**2 + 48", "answer_1 = 4700"],
    "10.2": ["answer_2 = 0.305", "answer_2 = _psa.macs - _none.macs"],
    "10.3": ["answer_3 = 0.6", "answer_3 = 0.9"],
}
