"""A copy of a model in which everything that refers to its modules refers to the copies of them.

copy.deepcopy is most of it. It follows lists, dictionaries and bound methods, and leaves functions as they are, so that
a lambda that calls self.block would go on calling the block of the original; and it refuses tensors that are results of
a computation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from types import CellType, FunctionType, MethodType, ModuleType
from typing import TypeVar
from weakref import ref

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)
CALLS = ("forward", "__call__", "_call_impl", "_wrapped_call_impl")
LEAVES = (str, bytes, int, float, complex, bool, type(None), type, ModuleType, Tensor, torch.jit.ScriptModule)
Memo = dict[int, object]
"""What copy.deepcopy keeps: id of something -> its copy."""


def copied(model: Model, instead: Mapping[nn.Module, nn.Module] | None = None, share: bool = False) -> Model:
    """A copy of a model, with other modules in the place of some of its own wherever these are referred to.

    Args:
        model: any torch module. Compiled parts are copied as they were before that; scripted parts keep tensors of
            their own even if `share`.
        instead: modules of the model -> what stands in the copy in their place, and is not copied.
        share: whether parameters and buffers are views of the same memory; else they have their own. Either way they
            are tensors of their own: what is done to one model as a whole (to, half, requires_grad_) does not reach the
            other.

    Raises:
        RuntimeError: if the model cannot be copied.
    """
    instead = instead or {}
    reached = list(reachable(model))
    memo: Memo = {id(old): new for old, new in instead.items()}
    for thing in reached:
        if isinstance(thing, Tensor):
            if (own := _tensor(thing, share)) is not None:
                memo[id(thing)] = own
        elif isinstance(thing, MethodType) and (new := _instead(thing.__self__, instead)) is not None:
            if thing.__name__ in CALLS:
                memo[id(thing)] = getattr(new, thing.__name__)
        elif isinstance(thing, ref) and (new := _instead(thing(), instead)) is not None:
            memo[id(thing)] = ref(new)
    modules = {id(module) for module in model.modules()}
    functions: list[tuple[FunctionType, FunctionType, list[int]]] = []  # one, its copy, places of its cells to fill
    for thing in reached:
        if isinstance(thing, FunctionType) and (cells := _cells(thing, modules)):
            functions.append((thing, _with_empty(thing, cells), cells))
            memo[id(thing)] = functions[-1][1]
    try:
        for module in reversed([module for module in model.modules() if hasattr(module, "_orig_mod")]):
            memo[id(module)] = copy.deepcopy(module._orig_mod, memo)
        twin = copy.deepcopy(model, memo)
        for function, made, cells in functions:
            for place in cells:
                content = function.__closure__[place].cell_contents
                made.__closure__[place].cell_contents = copy.deepcopy(content, memo)
    except Exception as error:  # anything may hang on somebody else's model
        raise RuntimeError(
            f"this model cannot be copied ({type(error).__name__}: {error}): adapt a part of it"
        ) from error
    return twin


def separate(block: nn.Module, known: dict[tuple[int, torch.Size], nn.Parameter]) -> None:
    """Give a module parameters with memory of their own; views of one tensor become one parameter.

    Args:
        block: its parameters are replaced.
        known: address and shape of a parameter -> its copy; filled, and to be passed on for the next block.
    """
    for owner in block.modules():
        for name, parameter in owner._parameters.items():
            if parameter is not None:
                key = (parameter.data_ptr(), parameter.shape)
                if key not in known:
                    known[key] = nn.Parameter(parameter.detach().clone(), parameter.requires_grad)
                owner._parameters[name] = known[key]


def _instead(thing: object, instead: Mapping[nn.Module, nn.Module]) -> nn.Module | None:
    return instead.get(thing) if isinstance(thing, nn.Module) else None  # others may have no hash


def _tensor(tensor: Tensor, share: bool) -> Tensor | None:
    """What stands for a tensor in the copy; None where copy.deepcopy knows best."""
    if type(tensor) not in (Tensor, nn.Parameter):  # lazy, quantised, of a subclass that knows how it is copied
        return None
    if share and not tensor.is_inference():
        own = tensor.detach()
    elif not tensor.is_leaf or tensor.is_inference():
        own = tensor.detach().clone()
    else:
        return None
    if isinstance(tensor, nn.Parameter):
        own = nn.Parameter(own, tensor.requires_grad)
    elif tensor.requires_grad and tensor.is_leaf:
        own.requires_grad_(True)
    vars(own).update(vars(tensor))
    return own


def reachable(model: nn.Module) -> Iterator[object]:
    """All that hangs on a model, once each: through attributes, containers, bound methods and what functions hold."""
    seen: set[int] = set()
    waiting: list[object] = [model]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        yield thing
        waiting.extend(_parts(thing))


def _parts(thing: object) -> Iterable[object]:
    if isinstance(thing, LEAVES):
        return ()
    if isinstance(thing, dict):
        return chain(thing.keys(), thing.values())
    if isinstance(thing, (list, tuple, set, frozenset)):
        return thing
    if isinstance(thing, MethodType):
        return (thing.__self__, thing.__func__)
    if isinstance(thing, partial):
        return (thing.func, thing.args, thing.keywords)
    if isinstance(thing, FunctionType):
        return _held(thing)
    try:
        return vars(thing).values()
    except TypeError:
        return ()


def _held(function: FunctionType) -> list[object]:
    """The contents of a function's cells; those that are empty yet are left out."""
    contents = []
    for cell in function.__closure__ or ():
        try:
            contents.append(cell.cell_contents)
        except ValueError:
            continue
    return contents


def _cells(function: FunctionType, modules: set[int]) -> list[int]:
    """Places of a function's cells that lead to a module of the model: at once, or through containers and functions."""
    places = []
    for place, cell in enumerate(function.__closure__ or ()):
        try:
            content = cell.cell_contents
        except ValueError:
            continue
        if _leads(content, modules, set()):
            places.append(place)
    return places


def _leads(thing: object, modules: set[int], seen: set[int]) -> bool:
    if id(thing) in modules:
        return True
    if id(thing) in seen or not isinstance(thing, (dict, list, tuple, set, MethodType, partial, FunctionType)):
        return False  # what else a function holds, such as a trainer, is not the model's to copy
    seen.add(id(thing))
    return any(_leads(part, modules, seen) for part in _parts(thing))


def _with_empty(function: FunctionType, places: list[int]) -> FunctionType:
    """The same function with these cells its own, to be filled."""
    cells = tuple(CellType() if place in places else cell for place, cell in enumerate(function.__closure__ or ()))
    made = FunctionType(function.__code__, function.__globals__, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    vars(made).update(vars(function))
    return made
