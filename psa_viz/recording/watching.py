"""Gates of any network, seen where torch's sigmoid or softmax makes them and a product uses them.

Nothing is known of the network, and nothing is changed. A tensor that a sigmoid or softmax returns is followed through
views, casts and resizing until features are multiplied by it, or summed with it. What a fused function keeps inside,
such as scaled_dot_product_attention, is not seen.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from psa_viz.recording.acting import Frame, Seen, explain

SIGMOIDS = frozenset({"sigmoid", "sigmoid_", "hardsigmoid", "expit"})
SOFTMAXES = frozenset({"softmax"})
ELEMENTWISE = frozenset({"mul", "mul_", "multiply", "__mul__", "__rmul__", "__imul__"})
SUMMING = frozenset({"matmul", "bmm", "__matmul__", "__rmatmul__", "mm", "einsum"})
VIEWS = {
    "view", "view_as", "reshape", "unsqueeze", "squeeze", "permute", "transpose", "movedim", "swapaxes", "flatten",
    "unflatten", "expand", "expand_as", "chunk", "split", "unbind", "__getitem__",
}  # fmt: skip
COPIES = {"to", "float", "double", "half", "bfloat16", "type_as", "contiguous", "clone", "repeat", "repeat_interleave"}
SHIFTS = {"interpolate", "add", "sub", "rsub", "div", "__add__", "__radd__", "__sub__", "__rsub__", "__truediv__"}
FOLLOWED = VIEWS | COPIES | SHIFTS
"""Functions whose result still is the gate: it lies in other memory or another shape, or a number was added."""


@contextmanager
def watched(model: nn.Module, without: Collection[str] = ()) -> Iterator[list[Seen]]:
    """See the gates of every forward pass of a model in this thread while the `with` block runs.

    Args:
        model: any torch module; hooks are put on all its modules and gone on exit.
        without: paths of modules whose inside is known already.

    Yields:
        A list that fills up; what no product has used by the end, such as the probabilities of classes, is taken out.
    """
    thread, handles = threading.get_ident(), []
    mode, calls, skipped = _Watch(), dict[str, int](), tuple(without)

    def enter(path: str):
        def hook(_module: nn.Module, inputs: tuple) -> None:
            if threading.get_ident() == thread:
                x = inputs[0] if inputs and isinstance(inputs[0], Tensor) and inputs[0].ndim == 4 else None
                calls[path] = calls.get(path, -1) + 1
                mode.frames.append(Frame(path, x, calls[path]))

        return hook

    def leave(path: str):
        def hook(_module: nn.Module, _inputs: tuple, y: object) -> None:
            if threading.get_ident() == thread:
                while mode.frames and mode.frames[-1].path != path:
                    mode.frames.pop()  # of modules that broke off
                if mode.frames:
                    frame = mode.frames.pop()
                    if y is not None:
                        explain(frame, y)
                    if mode.frames:
                        mode.frames[-1].seen += frame.seen

        return hook

    try:
        inside = {module for path in skipped for module in model.get_submodule(path).modules()}
        for path, module in model.named_modules():
            if (module._modules and module not in inside) or path == "":
                handles.append(module.register_forward_pre_hook(enter(path)))
                handles.append(module.register_forward_hook(leave(path), always_call=True))
            elif path in skipped:
                handles.append(module.register_forward_pre_hook(mode.pause))
                handles.append(module.register_forward_hook(mode.resume, always_call=True))
        with mode:
            yield mode.all
    finally:
        for handle in handles:
            handle.remove()
        mode.all[:] = [one for one in mode.all if one.used]


class _Watch(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.all: list[Seen] = []
        self._paused = 0
        self._gates: dict[int, tuple[Seen, ...]] = {}  # where a tensor's memory is -> the gates that are in it
        self._made_of: dict[Seen, int] = {}
        self._alive: dict[Seen, list[Tensor]] = {}  # so that no other tensor comes to lie in the same memory

    def pause(self, *_: object) -> None:
        self._paused += 1

    def resume(self, *_: object) -> None:
        self._paused -= 1

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        name = getattr(function, "__name__", "")
        if not self._paused and name:
            self._look(name, args, result)
        return result

    def _look(self, name: str, args: tuple, result: object) -> None:
        tensors = [one for one in _flat(args) if isinstance(one, Tensor)]
        if name in SIGMOIDS or name in SOFTMAXES:
            if isinstance(result, Tensor) and tensors and result.is_floating_point():
                self._born("gate" if name in SIGMOIDS else "weights", tensors[0], result)
            return
        carried = [(one, gates) for one in tensors if (gates := self._gates.get(_where(one)))]
        if not carried:
            return
        if name in ELEMENTWISE and len(tensors) == 2 and len(carried) == 1:
            ((gate, gates),) = carried
            features = tensors[0] if tensors[1] is gate else tensors[1]
            for one in gates:
                if _where(features) == self._made_of[one]:  # x sigmoid(x) is an activation, not attention
                    self._drop(one)
                else:
                    one.used = True
                    one.features = tuple(features.shape) if features.ndim == 4 else one.features
        elif name in SUMMING:
            for _, gates in carried:
                for one in gates:
                    one.used = True
        elif name in ELEMENTWISE or name in FOLLOWED:
            both = tuple(dict.fromkeys(one for _, gates in carried for one in gates))
            if name in FOLLOWED and len(tensors) > len(carried) and name not in ("expand_as", "view_as", "type_as"):
                return  # features were added to it
            for made in _flat((result,)):
                if isinstance(made, Tensor):
                    self._keep(made, both)

    def _born(self, role: str, given: Tensor, result: Tensor) -> None:
        frame = self.frames[-1] if self.frames else None
        one = Seen(frame.path if frame else "", role, result.detach().clone(), call=frame.call if frame else 0)
        self.all.append(one)
        if frame:
            frame.seen.append(one)
        self._made_of[one] = _where(given)
        self._alive[one] = [given]
        self._keep(result, (one,))

    def _keep(self, tensor: Tensor, gates: tuple[Seen, ...]) -> None:
        for one in gates:
            self._alive[one].append(tensor)
        self._gates[_where(tensor)] = gates

    def _drop(self, one: Seen) -> None:
        """Forget it, and let go of what it holds: an activation is as large as the features."""
        for tensor in self._alive.pop(one):
            self._gates.pop(_where(tensor), None)
        self.all.remove(one)
        one.used, one.value = False, one.value.new_empty(0)


def _where(tensor: Tensor) -> int:
    try:
        return tensor.untyped_storage()._cdata
    except (RuntimeError, NotImplementedError):
        return id(tensor)


def _flat(values: object) -> Iterator[object]:
    if isinstance(values, (tuple, list)):
        for one in values:
            yield from _flat(one)
    else:
        yield values
