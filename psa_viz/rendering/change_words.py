"""What changed, in sentences: the text that stands beside every picture of a difference."""

from __future__ import annotations

from psa_viz.rendering.words import percent
from psa_viz.values.difference import VISIBLE_PIXELS, ClassChange, Difference, JointChange, OutputChange

NAMED = 3
"""How many joints or classes a sentence names before it stops."""


def change_sentences(change: Difference) -> list[str]:
    """One to three sentences, the most changed first; the first says whether anything can be seen at all."""
    if change.identical:
        what = "value that the network returns" if change.outputs else "predicted probability"
        return [f"No change: every {what} is the same to the last bit."]
    if change.outputs:
        return _outputs(change)
    if not change.joints and not change.classes:
        return ["The two predict different things: there is nothing to compare."]
    if not change.visible:
        return [_invisible(change)]
    return [sentence for sentence in (_moved(change), _brighter(change), _classes(change)) if sentence]


def joint_sentence(joint: JointChange) -> str:
    """ "left wrist: peak 0.82 to 0.31, moved 14.0 px"."""
    return f"{_plain(joint.name)}: peak {joint.peak_before:.3f} to {joint.peak_after:.3f}, moved {joint.moved:.1f} px"


def class_sentence(change: ClassChange) -> str:
    """ "hair: 4.0% to 3.1% of the crop"."""
    return f"{change.name}: {percent(change.before)} to {percent(change.after)} of the crop"


def signed_percent(share: float) -> str:
    """A change of area in points of a per cent: "+1.2", "\u22120.4", "0"; never "0.0" for what is there."""
    points = 100 * share
    if points == 0:
        return "0"
    sign = "+" if points > 0 else "\u2212"
    return f"{sign}{abs(points):.1f}" if abs(points) >= 0.05 else f"{sign}under 0.1"


def output_sentence(change: OutputChange) -> str:
    """ "output.0: furthest at (0, 3, 4, 5), 1.2 to 0.8; its largest value is 7.3"."""
    if change.furthest == 0:
        return f"{change.name}: the same to the last bit"
    at = ", ".join(map(str, change.place))
    return (
        f"{change.name}: furthest at ({at}), {change.before:.4g} to {change.after:.4g}; "
        f"its largest value was {change.largest:.4g}"
    )


def _outputs(change: Difference) -> list[str]:
    most = sorted(change.outputs, key=lambda one: -one.share)
    said = [f"{output_sentence(one)}." for one in most[:NAMED]]
    return said if change.visible else [f"No visible change. {said[0][:1].upper()}{said[0][1:]}"]


def _invisible(change: Difference) -> str:
    parts = ["No visible change"]
    if change.joints:
        parts.append(f"the joint that moves most moves {max(joint.moved for joint in change.joints):.2f} px")
    if change.classes:
        parts.append("no pixel changes its class")
    return f"{parts[0]}: {' and '.join(parts[1:])}."


def _moved(change: Difference) -> str:
    moved = sorted(change.joints, key=lambda joint: -joint.moved)
    moved = [joint for joint in moved if joint.moved >= VISIBLE_PIXELS]
    if not change.joints:
        return ""
    if not moved:
        return "No joint moves by half a pixel."
    named = ", ".join(f"{_plain(joint.name)} {joint.moved:.1f} px" for joint in moved[:NAMED])
    return f"{len(moved)} of {len(change.joints)} joints move: {named}{_more(len(moved))}."


def _brighter(change: Difference) -> str:
    if not change.joints:
        return ""
    joint = max(change.joints, key=lambda joint: abs(joint.peak_after - joint.peak_before))
    verb = "rises" if joint.peak_after > joint.peak_before else "falls"
    return (
        f"The peak that changes most {verb}: {_plain(joint.name)}, {joint.peak_before:.3f} to {joint.peak_after:.3f}."
    )


def _classes(change: Difference) -> str:
    if not change.classes:
        return ""
    if not change.flipped:
        return "No pixel changes its class."
    most = sorted(change.classes, key=lambda one: -(one.lost + one.gained))[:NAMED]
    named = ", ".join(f"{one.name} {signed_percent(one.after - one.before)}" for one in most if one.lost + one.gained)
    return f"{change.flipped:,} pixels change their class; area in points: {named}."


def _more(count: int) -> str:
    return f" and {count - NAMED} more" if count > NAMED else ""


def _plain(name: str) -> str:
    return name.replace("_", " ")
