"""PSA blocks that other people wrote, found in any torch model and made recordable and editable."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import torch
from torch import nn

from psa_viz.recording.adapt.found import Found, find
from psa_viz.recording.adapt.names import named_family, register_family, registered
from psa_viz.recording.adapt.result import Adapted, Recognised, Refused
from psa_viz.recording.adapt.twin import copied, separate

__all__ = ["Adapted", "Recognised", "Refused", "adapt", "register_family"]


def adapt(
    model: nn.Module, names: Mapping[str, str] | None = None, share: bool = False, training: bool = True
) -> Adapted:
    """Find PSA blocks that other people wrote in a model, and make them recordable and editable.

        adapted = psa_viz.adapt(model)
        print(adapted.summary())
        with psa_viz.record(adapted.model) as trace:
            adapted.model(images)

    A block is recognised by the names and shapes of its parameters: the authors' PSA_p and PSA_s (PaddleSeg's has the
    names of the former), both blocks of the xmu-xiaoma666 port, and pairs `ca`, `sa` as in MegBox. It is exchanged only
    after both its code and our block were run, on several sizes, in evaluation mode and in training mode, and gave the
    same output and the same gradients up to rounding; a block whose names fit and whose numbers do not is left as it is
    and reported with what it seems to compute.

    The model that is passed in stays exactly as it is, so there is nothing to undo: blocks are exchanged in a copy with
    modules, modes (train or eval), parameters and buffers of its own. Load weights before adapting: the copy's
    state_dict has our names.

    Args:
        model: any torch module, on any device, in any floating type. Parts that were compiled are in the copy as they
            were before that; scripted parts are left as they are.
        names: of the layers of true PSA under other names, theirs -> ours: "channel.query", "channel.value",
            "spatial.query", "spatial.value", and "channel.ending", or "channel.ending.0" and ".1", or ".0", ".1" and
            ".3". Names prove nothing: such blocks are run beside ours and compared, like the others. See also
            `register_family`.
        share: keep the values of parameters and buffers in the original's memory instead of copying them: writing into
            the original in place, as load_state_dict and optimizers do, then shows in the copy, and the other way
            round. Converting one of them (to, double, half) ends the sharing and leaves the other as it is. Gradients
            are never shared.
        training: whether a block also has to be PSA in training mode. False is for a copy that is only evaluated: it
            takes blocks with dropout inside, which the copy does not have.

    Raises:
        TypeError: if the model is no torch module, or scripted as a whole.
        ValueError: for names of which no block can be made.
        RuntimeError: if the model cannot be copied.

    Warns:
        UserWarning: once, with every sentence of `warnings` in the result; among them that there is no PSA block.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module, got {type(model).__name__}")
    with torch.inference_mode(False):
        adapted = exchanged(model, search(model, training, names), share)
    if adapted.warnings:
        warnings.warn("\n".join(adapted.warnings), stacklevel=2)
    return adapted


def search(model: nn.Module, training: bool, names: Mapping[str, str] | None = None) -> Found:
    """What `adapt` finds, before anything is copied.

    Raises:
        TypeError: if the model is scripted as a whole.
    """
    own = () if names is None else (named_family("names", names),)
    return find(model, (*own, *registered()), training)


def exchanged(model: nn.Module, found: Found, share: bool) -> Adapted:
    """A copy of a model with our blocks in the place of those that were found.

    Raises:
        RuntimeError: if the model cannot be copied.
    """
    if not share:
        known: dict = {}
        for block in found.blocks.values():
            separate(block, known)
    twin = copied(model, found.blocks, share)
    sentences = found.sentences()
    if not found.recognised:
        sentences.append(
            "this model has no PSA block that can be recorded" + (": see refused" if found.refused else "")
        )
    return Adapted(twin, tuple(found.recognised), tuple(found.refused), tuple(sentences))
