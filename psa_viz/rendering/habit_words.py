"""What a block's gates did over many photos, in one sentence beside what they do on this one."""

from __future__ import annotations

from psa_viz.values.gate_table import BIAS, BlockGates, GateSummary, GateTable


def habit_sentence(table: GateTable, block: BlockGates) -> str:
    """As "Over 495 photos (lspet_val.tar), variance that is between photos: weights 58%; map 95%." A gate that hardly
    differs between photos is called a bias."""
    parts = [_part("weights", block.channel), _part("map", block.spatial)]
    return f"Over {table.images} photos ({table.data}), variance that is between photos: {'; '.join(parts)}."


def _part(name: str, gate: GateSummary) -> str:
    notes = []
    if gate.between is None:
        notes.append("nothing varies")
    elif gate.between < BIAS:
        notes.append("a bias, not attention")
    if gate.flat > 0:
        notes.append(f"flat in {_share(gate.flat)} of the photos")
    share = "none" if gate.between is None else _share(gate.between)
    return f"{name} {share}" + (f" ({', '.join(notes)})" if notes else "")


def _share(part: float) -> str:
    return "under 1%" if 0 < part < 0.005 else f"{part:.0%}"
