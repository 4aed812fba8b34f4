"""Which modules of a model are PSA blocks, ours or others' that were proven to compute what ours do."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

import torch
from torch import nn

from psa_viz.attention.polarized import Layout, PolarizedSelfAttention
from psa_viz.recording.adapt.families import Family, claimed
from psa_viz.recording.adapt.names import Names
from psa_viz.recording.adapt.proof import Verdict, prove
from psa_viz.recording.adapt.result import Recognised, Refused
from psa_viz.recording.adapt.twin import reachable
from psa_viz.recording.calls import named

OWN = "PSA-Viz"
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
COMPILED = "_orig_mod"


@dataclass
class Found:
    """What a search came to.

    Attributes:
        blocks: module of the model -> our block on the same memory, in the mode of the module.
        places: path of each of these modules -> its family, and the layout that it has.
        recognised, refused: see psa_viz.recording.adapt.result; paths are those in a copy, where no part is compiled.
        said: sentence -> paths of the modules that it is about.
    """

    blocks: dict[nn.Module, PolarizedSelfAttention] = field(default_factory=dict)
    places: dict[str, tuple[Family, Layout]] = field(default_factory=dict)
    recognised: list[Recognised] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)

    def say(self, sentence: str, path: str) -> None:
        self.said.setdefault(sentence, []).append(path)

    def refuse(self, path: str, family: str, reason: str) -> None:
        """Leave a module as it is, and say why."""
        self.refused.append(Refused(path, family, reason))
        self.say(f"named like {family}, but left as it is: {reason}", path)

    def inside(self, copy: nn.Module, refused: Mapping[str, str] = MappingProxyType({})) -> Found:
        """The same in a copy of the model, which may be on another device, without the modules of these paths, which
        are refused for the reason given."""
        found = Found(refused=list(self.refused), said={key: list(paths) for key, paths in self.said.items()})
        found.recognised = [block for block in self.recognised if block.path not in refused]
        for path, (family, layout) in self.places.items():
            if path in refused:
                found.refuse(path, family.name, refused[path])
                continue
            module = copy.get_submodule(path)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # already warned about
                found.blocks[module] = family.block(module, layout).train(module.training)
            found.places[path] = (family, layout)
        return found

    def sentences(self) -> list[str]:
        """Everything that was said, once for all modules that share it."""
        return [f"{named(paths)}: {sentence}" for sentence, paths in self.said.items()]


def find(model: nn.Module, given: tuple[Names, ...], training: bool) -> Found:
    """Look at every module of a model once.

    Args:
        given: names of families besides the built-in ones; the first that fits goes before these.
        training: see psa_viz.recording.adapt.proof.prove.

    Raises:
        TypeError: if the model itself is scripted.
    """
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError("expected an eager model, got a scripted one: pass it as it was before torch.jit")
    found, inside = Found(), set[nn.Module]()
    for path, module in model.named_modules():
        if module in inside:
            continue
        path = ".".join(part for part in path.split(".") if part != COMPILED)
        if hasattr(module, COMPILED) or getattr(module, "_compiled_call_impl", None) is not None:
            found.say("compiled: the copy has it as it was before that", path)
        if isinstance(module, torch.jit.ScriptModule):
            inside.update(module.modules())
            found.say("scripted, and left as it is: blocks inside it can be adapted before torch.jit, not after", path)
        elif isinstance(module, PolarizedSelfAttention):
            found.recognised.append(Recognised(path, OWN, module.formula, module.layout, module.channels, 0.0))
        elif (family := _claimed(module, given)) is not None and _take(found, path, module, family, training):
            inside.update(module.modules())
    if hidden := sorted({type(one).__name__ for one in strangers(model) if _claimed(one, given) is not None}):
        found.say(
            f"{', '.join(hidden)} hangs on it in a plain list or the like and is none of its modules: it is neither "
            "moved nor trained nor recorded with it; put it into an attribute, nn.ModuleList or nn.ModuleDict",
            "",
        )
    return found


def strangers(model: nn.Module) -> list[nn.Module]:
    """Modules that hang on a model and whose tensors are none of its own, such as those in a plain list."""
    known = {id(thing) for thing in chain(model.modules(), model.parameters())}
    found = [thing for thing in reachable(model) if isinstance(thing, nn.Module) and id(thing) not in known]
    return [module for module in found if not all(id(parameter) in known for parameter in module.parameters())]


def names_of(module: nn.Module) -> set[str]:
    """Of all its tensors, those that share memory included."""
    found = (module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False))
    return {name for name, _ in chain(*found)}


def _claimed(module: nn.Module, given: tuple[Names, ...]) -> Family | None:
    if given:
        tensors = {name: tuple(value.shape) for name, value in module.named_parameters(remove_duplicate=False)}
        if (own := next(filter(None, (names.family(tensors) for names in given)), None)) is not None:
            return own
    return claimed(names_of(module))


def _take(found: Found, path: str, module: nn.Module, family: Family, training: bool) -> bool:
    """Whether a module that claims to be a block was proven to be one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        verdict = _judged(module, family, training)
    for sentence in dict.fromkeys(str(warning.message) for warning in caught):
        found.say(sentence, path)
    block = verdict.block
    if block is None:
        found.refuse(path, family.name, verdict.reason)
        return False
    found.recognised.append(
        Recognised(path, family.name, block.formula, block.layout, block.channels, verdict.difference)
    )
    found.blocks[module] = block.train(module.training)
    found.places[path] = (family, block.layout)
    return True


def _judged(module: nn.Module, family: Family, training: bool) -> Verdict:
    tensors = names_of(module)
    missing, unknown = family.parameters.keys() - tensors, tensors - family.parameters.keys()
    if missing and any(
        name.partition(".parametrizations.")[1] or name.endswith(("_g", "_v", "_orig")) for name in unknown
    ):
        return Verdict(
            None,
            reason=f"its parameters are computed again at every call ({', '.join(sorted(unknown)[:2])}, ...), as by "
            "weight_norm or spectral_norm: remove that first, torch.nn.utils has a function for it",
        )
    if missing or unknown:
        return Verdict(None, reason=f"missing {sorted(missing) or 'nothing'}, unknown {sorted(unknown) or 'nothing'}")
    if any(getattr(inner, hooks) for inner in module.modules() for hooks in HOOKS):
        return Verdict(None, reason="it has hooks of its own, which would be lost: remove them first")
    try:
        return prove(module, family, training)
    except ValueError as error:  # a shape or a width
        return Verdict(None, reason=str(error))
