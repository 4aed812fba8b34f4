"""TensorFlow.js graph models: operations by name, and the tensors they use. Reading one needs no TensorFlow.

A graph model is a JSON file and the binary files it names. `modelTopology.node` lists the operations; `weightsManifest`
says of each constant its name, shape and type, in the order in which they lie end to end in the binary.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

DTYPES = {"float32": np.float32, "float16": np.float16, "int32": np.int32, "bool": np.bool_}


@dataclass(frozen=True)
class Node:
    """One operation.

    Attributes:
        name: unique in the graph.
        op: the TensorFlow operation, for example "_FusedConv2D"; "Const" for a tensor in `Graph.weights`.
        inputs: names of the nodes it takes from; "NAME:1" is the second output of NAME.
        attributes: plain values: int, float, bool, str, or a tuple of these.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Graph:
    """A graph model.

    Attributes:
        nodes: by name, in the file's order, in which a node comes after its inputs.
        weights: the constants by name; float16 in the file is float32 here, int32 stays.
        sha256: of the binary.
    """

    nodes: Mapping[str, Node]
    weights: Mapping[str, np.ndarray]
    sha256: str


def read_graph(path: Path, sha256: str) -> Graph:
    """The graph model in a JSON file and the binary beside it.

    Args:
        path: of the JSON file.
        sha256: what the binary must have: all 64 digits, or the first ones.

    Raises:
        FileNotFoundError: if one of the two files is missing.
        ValueError: if the JSON is no graph model of one binary, the binary is another one, or they do not fit together.
    """
    model = json.loads(path.read_text(encoding="utf-8"))
    try:
        (group,) = model["weightsManifest"]
        (file,) = group["paths"]
        nodes = {node["name"]: _node(node) for node in model["modelTopology"]["node"]}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"expected a TensorFlow.js graph model of one binary in {path}: {error!r}") from error
    data = (path.parent / file).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if not sha256 or not found.startswith(sha256):
        raise ValueError(f"expected a {file} with sha256 {sha256}, got {found}: fetch the version that is named")
    return Graph(MappingProxyType(nodes), MappingProxyType(_weights(group["weights"], data)), found)


def _node(node: dict[str, Any]) -> Node:
    attributes = {name: _attribute(value) for name, value in node.get("attr", {}).items() if "tensor" not in value}
    return Node(node["name"], node["op"], tuple(node.get("input", ())), MappingProxyType(attributes))


def _attribute(value: dict[str, Any]) -> Any:
    """{"i": "2"} -> 2, {"s": base64} -> text, {"list": {"i": ["1", "2"]}} -> (1, 2)."""
    ((kind, content),) = value.items()
    match kind:
        case "list":
            return tuple(_attribute({inner: item}) for inner, items in content.items() for item in items)
        case "i":
            return int(content)
        case "f":
            return float(content)
        case "s":
            return base64.b64decode(content).decode()
        case "shape":
            return tuple(int(side["size"]) for side in content.get("dim", ()))
        case _:
            return content


def _weights(manifest: list[dict[str, Any]], data: bytes) -> dict[str, np.ndarray]:
    weights: dict[str, np.ndarray] = {}
    offset = 0
    for entry in manifest:
        stored = entry.get("quantization", entry)
        if "scale" in stored or stored["dtype"] not in DTYPES:
            raise ValueError(f"expected {entry['name']} as one of {', '.join(DTYPES)}, got {stored}")
        dtype = np.dtype(DTYPES[stored["dtype"]]).newbyteorder("<")
        count = math.prod(entry["shape"])
        if offset + count * dtype.itemsize > len(data):
            raise ValueError(f"the binary ends at byte {len(data)}, within {entry['name']}")
        tensor = np.frombuffer(data, dtype, count, offset).reshape(entry["shape"])
        weights[entry["name"]] = tensor.astype(DTYPES[entry["dtype"]])
        offset += count * dtype.itemsize
    if offset != len(data):
        raise ValueError(f"the binary has {len(data)} bytes, the manifest accounts for {offset}")
    return weights
