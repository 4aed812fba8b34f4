"""PSA blocks that other people wrote, found in any torch model and made recordable and editable."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from itertools import chain

import torch
from torch import nn

from psa_viz.attention.polarized import Formula, Layout, PolarizedSelfAttention
from psa_viz.recording.families import Family, claimed
from psa_viz.recording.proof import Verdict, prove

OWN = "PSA-Viz"
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True)
class Recognised:
    """A PSA block that can be recorded and edited.

    Attributes:
        path: of the module in the model; what record, attention_blocks and edits call it, except that they drop a final
            ".attention".
        family: who wrote it, "PSA-Viz" for a block of this library.
        formula, layout: what it computes, shown by running it.
        channels: C.
        difference: largest difference between its output and our block's on the test input; rounding only.
    """

    path: str
    family: str
    formula: Formula
    layout: Layout
    channels: int
    difference: float


@dataclass(frozen=True)
class Refused:
    """A module that has the parameter names of a PSA block and was left as it is.

    Attributes:
        path: of the module in the model.
        family: whose names they are.
        reason: what is wrong with it, in words.
    """

    path: str
    family: str
    reason: str


@dataclass(frozen=True)
class Adapted:
    """A model whose PSA blocks can be recorded and edited, and what was found in it.

    Attributes:
        model: a copy of the model in which recognised blocks are exchanged for ours; it shares the original's memory.
        recognised: blocks in the order of the model's modules.
        refused: modules that look like PSA but were not exchanged.
        warnings: everything that deserves attention, one sentence for all modules that share it.
    """

    model: nn.Module
    recognised: tuple[Recognised, ...]
    refused: tuple[Refused, ...]
    warnings: tuple[str, ...]

    def summary(self) -> str:
        """What was found, one line a block."""
        found = [
            f"{b.path}: {b.family}, {b.formula} formula, {b.layout}, {b.channels} channels" for b in self.recognised
        ]
        return "\n".join([*found, *self.warnings])


def adapt(model: nn.Module) -> Adapted:
    """Find PSA blocks that other people wrote in a model, and make them recordable and editable.

        adapted = psa_viz.adapt(model)
        print(adapted.summary())
        with psa_viz.record(adapted.model) as trace:
            adapted.model(images)

    A block is recognised by the names and shapes of its parameters: the authors' PSA_p and PSA_s (PaddleSeg's has the
    names of the former), both blocks of the xmu-xiaoma666 port, and pairs `ca`, `sa` as in MegBox. It is exchanged only
    after both its code and our block were run and gave the same output up to rounding; a block whose names fit and
    whose numbers do not is left as it is and reported with what it seems to compute.

    The model that is passed in stays exactly as it is, so there is nothing to undo: blocks are exchanged in a copy. The
    copy has modules and modes (train or eval) of its own and no tensors of its own. Its parameters and buffers are the
    original's, except those of exchanged blocks, which are views of the same memory under our names: loading weights
    into the original, or training it in place, shows in the copy, while gradients of exchanged blocks do not flow back.
    Load weights before adapting: the copy's state_dict has our names.

    Args:
        model: any eager torch module, on any device, in any floating type.

    Raises:
        TypeError: if the model is no eager torch module.
        RuntimeError: if it cannot be copied.

    Warns:
        UserWarning: once, with every sentence of `warnings` in the result; among them that there is no PSA block.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module, got {type(model).__name__}")
    if any(isinstance(module, torch.jit.ScriptModule) or hasattr(module, "_orig_mod") for module in model.modules()):
        raise TypeError("expected an eager model, got a scripted or compiled one: pass it as it was before that")
    twin = _twin(model)
    recognised, refused = [], []
    said: dict[str, list[str]] = {}  # sentence -> paths of the modules that it is about
    settled: dict[int, nn.Module] = {}  # a module may stand in several places; it is looked at once
    for path, module in list(twin.named_modules(remove_duplicate=False)):
        if id(module) in settled:
            if settled[id(module)] is not module:
                twin = _put(twin, path, settled[id(module)])
            continue
        settled[id(module)] = module
        if isinstance(module, PolarizedSelfAttention):
            recognised.append(Recognised(path, OWN, module.formula, module.layout, module.channels, 0.0))
            continue
        tensors = _names(module)
        family = claimed(tensors)
        if family is None:
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            verdict = _judged(module, family, tensors)
        for sentence in dict.fromkeys(str(warning.message) for warning in caught):
            said.setdefault(sentence, []).append(path)
        block = verdict.block
        if block is None:
            refused.append(Refused(path, family.name, verdict.reason))
            sentence = f"named like {family.name}, but left as it is: {verdict.reason}"
            said.setdefault(sentence, []).append(path)
            continue
        recognised.append(
            Recognised(path, family.name, block.formula, block.layout, block.channels, verdict.difference)
        )
        settled[id(module)] = block.train(module.training)
        twin = _put(twin, path, block)
    sentences = [f"{_listed(paths)}: {sentence}" for sentence, paths in said.items()]
    if not recognised:
        sentences.append("this model has no PSA block that can be recorded" + (": see refused" if refused else ""))
    if sentences:
        warnings.warn("\n".join(sentences), stacklevel=2)
    return Adapted(twin, tuple(recognised), tuple(refused), tuple(sentences))


def _twin(model: nn.Module) -> nn.Module:
    """A copy of all modules on the same parameters and buffers."""
    shared = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    try:
        return copy.deepcopy(model, shared)
    except Exception as error:  # anything may hang on somebody else's model
        raise RuntimeError(
            f"this model cannot be copied ({type(error).__name__}: {error}): adapt a part of it"
        ) from error


def _judged(module: nn.Module, family: Family, tensors: set[str]) -> Verdict:
    missing, unknown = family.parameters.keys() - tensors, tensors - family.parameters.keys()
    if missing or unknown:
        return Verdict(None, reason=f"missing {sorted(missing) or 'nothing'}, unknown {sorted(unknown) or 'nothing'}")
    if any(getattr(inner, hooks) for inner in module.modules() for hooks in HOOKS):
        return Verdict(None, reason="it has hooks of its own, which would be lost: remove them first")
    try:
        return prove(module, family)
    except ValueError as error:  # a shape or a width
        return Verdict(None, reason=str(error))


def _put(root: nn.Module, path: str, block: nn.Module) -> nn.Module:
    """The model with a block at this path: the same model, unless the path is that of the model itself."""
    if not path:
        return block
    parent, _, name = path.rpartition(".")
    setattr(root.get_submodule(parent), name, block)
    return root


def _listed(paths: list[str]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")


def _names(module: nn.Module) -> set[str]:
    """Of all its tensors, those that share memory included."""
    found = (module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False))
    return {name for name, _ in chain(*found)}
