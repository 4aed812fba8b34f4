"""The block inside torch's transforms: what a plain module survives, it survives, for any number of images."""

import pytest
import torch
from torch import fx

from psa_viz.attention.polarized import PARTS
from tests.attention.backends.cases import CLOSE, LAYOUTS, features, make

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
FORMS = [(*form, form[0] == "paper") for form in PARTS]
forms = pytest.mark.parametrize(("formula", "layout", "bias"), FORMS)


def check(call, block, memory_format=torch.contiguous_format):
    """For other numbers of images than the one it was made with, gradients on and off."""
    for images in (1, 2, 5):
        x = features(images, 32, 5, 3, memory_format=memory_format)
        with torch.no_grad():
            torch.testing.assert_close(call(x), block.evaluate(x), **CLOSE)
        torch.testing.assert_close(call(x), block.evaluate(x), **CLOSE)


@forms
@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("strict", [False, True])
def test_export_with_any_number_of_images(formula, layout, bias, memory_format, strict):
    block, x = make(32, formula, layout, bias).eval(), features(2, 32, 5, 3, memory_format=memory_format)
    shapes = {"x": {0: torch.export.Dim("images")}}
    exported = torch.export.export(block, (x,), dynamic_shapes=shapes, strict=strict)
    assert "psa_viz." not in str(exported.graph)
    check(exported.module(), block, memory_format)


@forms
def test_export_with_any_size(formula, layout, bias):
    block, x = make(32, formula, layout, bias).eval(), features(2, 32, 5, 3)
    dims = {axis: torch.export.Dim(name, min=1) for axis, name in ((0, "images"), (2, "height"), (3, "width"))}
    exported = torch.export.export(block, (x,), dynamic_shapes={"x": dims})
    for shape in ((1, 32, 7, 2), (3, 32, 4, 4)):
        torch.testing.assert_close(exported.module()(features(*shape)), block(features(*shape)), **CLOSE)


@forms
@pytest.mark.parametrize("grad", [False, True])
def test_trace(formula, layout, bias, grad):
    block = make(32, formula, layout, bias).eval()
    with torch.set_grad_enabled(grad):
        traced = torch.jit.trace(block, features(2, 32, 5, 3))
    assert "PythonOp" not in str(traced.inlined_graph)
    check(traced, block)


@forms
def test_compile_in_one_graph(formula, layout, bias):
    block = make(32, formula, layout, bias)
    torch.compiler.reset()
    compiled = torch.compile(block, fullgraph=True, dynamic=True, backend="aot_eager")
    check(compiled, block)
    x = features(2, 32, 5, 3).requires_grad_()
    inputs = [x, *block.parameters()]
    found = torch.autograd.grad(compiled(x).square().sum(), inputs)
    expected = torch.autograd.grad(block(x).square().sum(), inputs)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@forms
def test_symbolic_trace(formula, layout, bias):
    block = make(32, formula, layout, bias)
    alone = fx.symbolic_trace(block)
    check(alone, block)
    with pytest.raises(ValueError, match=r"expected features \(N, 32, H, W\)"):
        alone(features(32, 5, 3))
    network = torch.nn.Sequential(torch.nn.Conv2d(32, 32, 1), block)
    traced = fx.symbolic_trace(network)
    assert {"1.channel.ending", "1.spatial.value"} <= {
        node.target.removesuffix(".0").removesuffix(".weight")
        for node in traced.graph.nodes
        if isinstance(node.target, str)
    }
    torch.testing.assert_close(traced(features(3, 32, 5, 3)), network(features(3, 32, 5, 3)), **CLOSE)


@forms
@pytest.mark.parametrize("memory_format", LAYOUTS)
@pytest.mark.parametrize("grad", [False, True])
def test_vmap_over_batches(formula, layout, bias, memory_format, grad):
    block, x = make(32, formula, layout, bias), features(6, 32, 5, 3, memory_format=memory_format)
    with torch.set_grad_enabled(grad):
        together = torch.func.vmap(block)(x.unflatten(0, (3, 2)))
    torch.testing.assert_close(together.flatten(0, 1), block(x), **CLOSE)


@forms
def test_gradients_by_torch_func(formula, layout, bias):
    block, x = make(32, formula, layout, bias).double(), features(2, 32, 5, 3).double()
    parameters = dict(block.named_parameters())

    def loss(parameters, x):
        return torch.func.functional_call(block, parameters, (x,)).square().sum()

    to_weights, to_x = torch.func.grad(loss, (0, 1))(parameters, x)
    x.requires_grad_()
    expected = torch.autograd.grad(block(x).square().sum(), [x, *parameters.values()])
    torch.testing.assert_close([to_x, *to_weights.values()], list(expected))
    for_each = torch.func.vmap(torch.func.grad(loss), (None, 0))(parameters, x.detach()[:, None])  # one image at a time
    torch.testing.assert_close([value.sum(0) for value in for_each.values()], list(expected[1:]))


@forms
def test_derivatives_forward_and_twice(formula, layout, bias):
    block, x = make(32, formula, layout, bias).double(), features(1, 32, 3, 2).double()
    direction = torch.randn_like(x)
    _, along = torch.func.jvp(block, (x,), (direction,))
    jacobian = torch.func.jacrev(block)(x)
    torch.testing.assert_close(along, torch.einsum("...nchw,nchw->...", jacobian, direction))
    torch.testing.assert_close(jacobian, torch.func.jacfwd(block)(x))
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(x.clone().requires_grad_(), direction)
        again = torch.autograd.forward_ad.unpack_dual(block(dual)).tangent
    torch.testing.assert_close(again, along)


@forms
def test_onnx_with_any_number_of_images(formula, layout, bias, tmp_path):
    from onnx.reference import ReferenceEvaluator

    block, file = make(32, formula, layout, bias).eval(), tmp_path / "block.onnx"
    shapes = {"x": {0: torch.export.Dim("images")}}
    torch.onnx.export(block, (features(2, 32, 5, 3),), file, dynamic_shapes=shapes, dynamo=True, verbose=False)
    network = ReferenceEvaluator(str(file))
    check(lambda x: torch.from_numpy(network.run(None, {"x": x.numpy()})[0]), block)
