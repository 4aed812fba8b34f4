"""Forward passes that keep what goes into every residual block, or begin at some of them; one class for each trunk.

None stands for features that are what they were in the untouched pass. Every module that runs is called on the very
tensors that it would get in a full pass, so the numbers are the same ones.
"""

from __future__ import annotations

from collections.abc import Collection

from torch import Tensor, nn

from psa_viz.models.efficientnet import STAGES, TAKEN


class Pass:
    """One pass.

    Args:
        starts: paths of the residual blocks that it begins at; None for a full pass, which fills `inputs` and `ends`.
        inputs: path of a residual block -> the features that it is given.
        ends: path of a chain of residual blocks -> what it ends in.
    """

    def __init__(self, starts: Collection[str] | None, inputs: dict[str, Tensor], ends: dict[str, Tensor]) -> None:
        self.starts, self.inputs, self.ends = starts, inputs, ends

    def __call__(self, model: nn.Module, image: Tensor | None) -> dict[str, Tensor]:
        """The heads' outputs; `image` is None where the pass begins at a block."""
        merged = self.merged(model, None if image is None else model.stem(image))
        return {task: head(merged) for task, head in model.heads.items()}

    def merged(self, model: nn.Module, x: Tensor | None) -> Tensor | None:
        """What the stem made of the image -> what the heads are given; None only where the pass begins at no block."""
        raise NotImplementedError

    def _block(self, here: str, block: nn.Module, x: Tensor | None) -> Tensor | None:
        if x is None and self.starts is not None and here in self.starts:
            x = self.inputs[here]
        if x is None:
            return None
        if self.starts is None:
            self.inputs[here] = x
        return block(x)

    def _chain(self, path: str, blocks: nn.Sequential, x: Tensor | None) -> Tensor | None:
        for name, block in blocks.named_children():
            x = self._block(f"{path}.{name}", block, x)
        return self._ended(path, x)

    def _ended(self, path: str, x: Tensor | None) -> Tensor | None:
        if self.starts is None and x is not None:
            self.ends[path] = x
        return x


class HRNetPass(Pass):
    """An HRNet whose heads take what a `merge` of all branches gives."""

    def merged(self, model: nn.Module, x: Tensor | None) -> Tensor:
        x = self._chain("stage1", model.stage1, x)
        maps = [None if x is None else transition(x) for transition in model.transition1]
        maps = self._stage("stage2", model.stage2, maps)
        maps = self._stage("stage3", model.stage3, [*maps, _to_coarser(model.transition2, maps)])
        maps = self._stage("stage4", model.stage4, [*maps, _to_coarser(model.transition3, maps)])
        return model.merge(maps)

    def _stage(self, path: str, modules: nn.Sequential, maps: list[Tensor | None]) -> list[Tensor | None]:
        for name, module in modules.named_children():
            branches = [f"{path}.{name}.branch{b}" for b in range(len(maps))]
            maps = [
                self._chain(branch, module.get_submodule(branch.rpartition(".")[2]), x)
                for branch, x in zip(branches, maps, strict=True)
            ]
            if any(x is not None for x in maps):
                maps = module.join(
                    [self.ends[branch] if x is None else x for branch, x in zip(branches, maps, strict=True)]
                )
        return maps


class LitePass(Pass):
    """EfficientNet-Lite and its top-down decoder, whose blocks are edited like the trunk's."""

    def merged(self, model: nn.Module, x: Tensor | None) -> Tensor | None:
        maps = {}
        for number in range(1, len(STAGES) + 1):
            maps[number] = x = self._chain(f"stage{number}", model.get_submodule(f"stage{number}"), x)
        coarsest, *finer = reversed(TAKEN)
        decoder = model.merge
        x = self._ended("merge.mix", None if maps[coarsest] is None else decoder.mix[-1](maps[coarsest]))
        before = "merge.mix"
        for i, number in enumerate(finer):
            here = f"merge.block{i}"
            if x is not None or maps[number] is not None:
                skip = self.ends[f"stage{number}"] if maps[number] is None else maps[number]
                x = decoder.join(i, self.ends[before] if x is None else x, skip)
            x = self._ended(here, self._block(here, decoder.get_submodule(f"block{i}"), x))
            before = here
        return x


def _to_coarser(transition: nn.Module, maps: list[Tensor | None]) -> Tensor | None:
    return None if maps[-1] is None else transition(maps[-1])
