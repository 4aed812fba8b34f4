"""TensorFlow.js graph models are read as they were written, or refused with the reason."""

import base64
import hashlib
import json

import numpy as np
import pytest

from psa_viz.training.graph_files import read_graph

KERNEL = np.arange(6, dtype=np.float16).reshape(1, 1, 2, 3) / 8
SHAPE = np.array([1, -1], dtype=np.int32)
BINARY = KERNEL.tobytes() + SHAPE.tobytes()


def manifest():
    half = {"dtype": "float16", "original_dtype": "float32"}
    return [
        {"name": "net/kernel", "shape": [1, 1, 2, 3], "dtype": "float32", "quantization": half},
        {"name": "shape", "shape": [2], "dtype": "int32"},
    ]


def write(folder, data=BINARY, weights=None, **others):
    fused = {"list": {"s": [base64.b64encode(text.encode()).decode() for text in ("BiasAdd", "Relu6")]}}
    nodes = [
        {"name": "input", "op": "Placeholder", "attr": {"shape": {"shape": {"dim": [{"size": "1"}, {"size": "-1"}]}}}},
        {"name": "net/kernel", "op": "Const", "attr": {"value": {"tensor": {}}, "dtype": {"type": "DT_FLOAT"}}},
        {
            "name": "net/conv",
            "op": "_FusedConv2D",
            "input": ["input", "net/kernel"],
            "attr": {
                "strides": {"list": {"i": ["1", "2", "2", "1"]}}, "fused_ops": fused, "epsilon": {"f": 0.5},
                "padding": {"s": "U0FNRQ=="}, "keep": {"b": True}, "axis": {"i": "-1"},
            },
        },
    ]  # fmt: skip
    group = {"paths": ["net.bin"], "weights": manifest() if weights is None else weights}
    (folder / "net.bin").write_bytes(data)
    model = {"modelTopology": {"node": nodes}, "weightsManifest": [group]} | others
    (folder / "net.json").write_text(json.dumps(model), encoding="utf-8")
    return folder / "net.json", hashlib.sha256(data).hexdigest()


def test_nodes_and_tensors(tmp_path):
    path, sha256 = write(tmp_path)
    graph = read_graph(path, sha256[:8])
    assert graph.sha256 == sha256
    assert list(graph.nodes) == ["input", "net/kernel", "net/conv"]
    conv = graph.nodes["net/conv"]
    assert (conv.op, conv.inputs) == ("_FusedConv2D", ("input", "net/kernel"))
    assert dict(conv.attributes) == {
        "strides": (1, 2, 2, 1), "fused_ops": ("BiasAdd", "Relu6"), "epsilon": 0.5, "padding": "SAME", "keep": True,
        "axis": -1,
    }  # fmt: skip
    assert graph.nodes["input"].attributes["shape"] == (1, -1)
    kernel, shape = graph.weights["net/kernel"], graph.weights["shape"]
    assert (kernel.dtype, shape.dtype) == (np.float32, np.int32)
    assert np.array_equal(kernel, KERNEL)
    assert np.array_equal(shape, SHAPE)


def test_another_binary_is_refused(tmp_path):
    path, sha256 = write(tmp_path)
    for expected in ("0" * 64, ""):
        with pytest.raises(ValueError, match=f"got {sha256}"):
            read_graph(path, expected)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"data": BINARY[:-1]}, "ends at byte 19, within shape"),
        ({"data": BINARY + b"x"}, "has 21 bytes, the manifest accounts for 20"),
        ({"weights": [{"name": "a", "shape": [20], "dtype": "string"}]}, "expected a as one of float32"),
        (
            {"weights": [{**manifest()[0], "quantization": {"dtype": "uint8", "scale": 0.1, "min": 0}}]},
            "expected net/kernel as one of float32",
        ),
        ({"weightsManifest": []}, "graph model of one binary"),
        ({"modelTopology": {"layers": []}}, "graph model of one binary"),
    ],
)
def test_what_does_not_fit_together_is_named(tmp_path, changed, words):
    path, sha256 = write(tmp_path, **changed)
    with pytest.raises(ValueError, match=words):
        read_graph(path, sha256)


def test_a_missing_binary(tmp_path):
    path, sha256 = write(tmp_path)
    (tmp_path / "net.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"net\.bin"):
        read_graph(path, sha256)
