"""What is said of gates over many images: on gates that are known, against sums over all maps kept, and as stored."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import psa_viz
from psa_viz.models.cards import WEIGHTS, gate_tables
from psa_viz.models.zoo import build
from psa_viz.recording.blocks import KINDS, attention_blocks, psa_paths
from psa_viz.recording.recorder import edited, record
from psa_viz.session.crops import cut, fit, whole
from psa_viz.session.predict import predict
from psa_viz.training import gates as gates_module
from psa_viz.training.data import read as read_archive
from psa_viz.training.gates import gates
from psa_viz.values.edits import Paint, SwitchOff
from psa_viz.values.gate_sums import GateSums, gain_summary
from psa_viz.values.gate_table import markdown, overview, read, to_json
from psa_viz.values.statistics import describe

STORED = [path.stem for path in sorted((WEIGHTS / "gates").glob("*.json"))]
BLOCK = "stage2.0.branch0.block1"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(5)
    return build("person-psa-parallel")


@pytest.fixture
def people(archives):
    return read_archive(archives / "lspet_val.tar")


def find(table, name):
    return next(block for block in table.blocks if block.name == name)


def test_a_gate_held_constant_is_a_bias(network, people):
    ramp = np.linspace(0.1, 0.9, 28)
    with edited(network, [Paint(BLOCK, ramp), SwitchOff(BLOCK, "spatial", to=0.25)]):
        block = find(gates(network, people, "drawn", size=64), BLOCK)
    channel, spatial = block.channel, block.spatial
    assert (channel.minimum, channel.maximum) == pytest.approx((0.1, 0.9))
    assert channel.range == pytest.approx(0.8)
    assert channel.spread == pytest.approx(ramp.std())
    assert channel.from_half == pytest.approx(np.abs(ramp - 0.5).mean())
    assert (channel.variation, channel.still, channel.between, channel.flat) == (0, 1, 0, 0)
    assert (spatial.minimum, spatial.maximum, spatial.spread, spatial.flat) == (0.25, 0.25, 0, 1)
    assert spatial.entropy == pytest.approx(1)
    assert (spatial.variation, spatial.still, spatial.between) == (0, 1, None)  # nothing varies: there is no share
    assert block.gain.mean == pytest.approx(ramp.mean() + 0.25)
    assert block.gain.spread == pytest.approx(ramp.std())
    assert (block.gain.minimum, block.gain.maximum) == pytest.approx((0.35, 1.15))


def test_the_official_parallel_map_stays_where_its_formula_keeps_it(people):
    """sigmoid(softmax) lies above 0.5 and up to 0.7311, with mean 0.5 + 1/(4 H W) to first order."""
    torch.manual_seed(5)
    table = gates(build("person-psa-official-parallel"), people, "drawn", size=128)
    assert (table.formula, table.layout, table.images, table.size) == ("official", "parallel", 3, 128)
    for block in table.blocks:
        assert 0.5 <= block.spatial.minimum <= block.spatial.maximum <= 0.7311
    first = find(table, "stage1.block0").spatial
    assert first.mean == pytest.approx(0.5 + 1 / (4 * 32 * 32), abs=1e-5)
    assert first.from_half == pytest.approx(first.mean - 0.5, abs=1e-6)
    assert (first.flat, first.still) == (1, 1)


@pytest.mark.parametrize("name", ["lspet_val.tar", "ccp_val.tar"])
@pytest.mark.parametrize("model", ["person-psa-parallel", "person-psa-sequential"])
def test_streaming_agrees_with_keeping_everything(archives, monkeypatch, name, model):
    torch.manual_seed(6)
    network, archive = build(model).eval(), read_archive(archives / name)
    monkeypatch.setattr(gates_module, "BATCH", 2)
    table = gates(network, archive, name, size=96)
    kept = []
    for image in archive.images:
        with torch.no_grad(), record(network, KINDS) as trace:
            predict(network, cut(image, fit(whole(image), 96))[None])
        kept.append(attention_blocks(network, trace))
    assert [block.name for block in table.blocks] == list(psa_paths(network))
    for block in table.blocks:
        every = [blocks[block.name] for blocks in kept]
        for found, maps in (
            (block.channel, np.stack([b.channel for b in every]).astype(float)),
            (block.spatial, np.stack([b.spatial for b in every]).astype(float)),
        ):
            inside = tuple(range(1, maps.ndim))
            assert found.minimum == pytest.approx(maps.min(), abs=1e-5)
            assert found.maximum == pytest.approx(maps.max(), abs=1e-5)
            assert found.mean == pytest.approx(maps.mean(), abs=1e-5)
            assert found.range == pytest.approx(np.ptp(maps, axis=inside).mean(), abs=1e-5)
            assert found.spread == pytest.approx(maps.std(axis=inside).mean(), abs=1e-5)
            assert found.entropy == pytest.approx(np.mean([describe(one).entropy for one in maps]), abs=1e-5)
            assert found.variation == pytest.approx(maps.std(axis=0).mean(), abs=1e-5)
            assert found.between == pytest.approx(maps.var(axis=0).mean() / maps.var(), rel=1e-2)
        gain = np.stack([b.gain() for b in every]).astype(float)
        assert block.gain.mean == pytest.approx(gain.mean(), abs=1e-5)
        assert block.gain.spread == pytest.approx(gain.std(axis=(1, 2, 3)).mean(), abs=1e-5)
        assert block.gain.minimum == pytest.approx(gain.min(), abs=1e-5)
        assert block.gain.maximum == pytest.approx(gain.max(), abs=1e-5)


def test_a_few_values_still_and_the_rest_not():
    rng = np.random.default_rng(0)
    values = np.full((200, 4), 0.3)
    values[:, 0] = rng.uniform(0.2, 0.8, 200)
    sums = GateSums()
    for part in np.array_split(values, 7):
        sums.add(part)
    found = sums.summary()
    assert found.still == 0.75
    assert found.variation == pytest.approx(values[:, 0].std() / 4)
    assert found.between == pytest.approx(values.var(axis=0).mean() / values.var())


def test_cells_are_compared_within_one_shape_of_map():
    """Two shapes, each without any difference between its images: nothing varies, though the shapes differ."""
    sums = GateSums()
    for shape, value in (((2, 3), 0.2), ((3, 2), 0.8)):
        sums.add(np.full((4, *shape), value) + np.arange(6).reshape(shape) / 100)
    found = sums.summary()
    assert found.variation == pytest.approx(0, abs=1e-12)
    assert found.between == pytest.approx(0, abs=1e-12)
    assert found.mean == pytest.approx(0.525)


def test_one_image_says_nothing_of_differences():
    sums = GateSums()
    with pytest.raises(ValueError, match="at least one image"):
        sums.summary()
    sums.add(np.linspace(0.1, 0.9, 5)[None])
    found = sums.summary()
    assert found.variation is found.still is found.between is None
    assert found.range == pytest.approx(0.8)


@pytest.mark.parametrize("layout", ["parallel", "sequential"])
def test_the_gain_follows_from_its_gates(layout):
    rng = np.random.default_rng(1)
    channel, spatial = GateSums(), GateSums()
    a, b = rng.uniform(size=(5, 6)), rng.uniform(size=(5, 3, 4))
    channel.add(a)
    spatial.add(b)
    a, b = a[:, :, None, None], b[:, None]
    gain = a + b if layout == "parallel" else a * b
    found = gain_summary(channel, spatial, layout)
    assert (found.minimum, found.maximum) == pytest.approx((gain.min(), gain.max()))
    assert found.mean == pytest.approx(gain.mean())
    assert found.spread == pytest.approx(gain.std(axis=(1, 2, 3)).mean())


def test_the_network_keeps_its_mode_and_no_hook(network, people):
    network.train()
    gates(network, people, "drawn", size=64)
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())


def test_a_network_without_psa_is_refused(people):
    with pytest.raises(ValueError, match="person-none has no PSA block"):
        gates(build("person-none"), people, "drawn")


def test_tables_come_back_as_they_were(network, people, tmp_path):
    table = gates(network, people, "drawn.tar", size=64)
    single = gates(network, replace(people, images=people.images[:1]), "one.tar", size=64)
    path = tmp_path / "gates.json"
    path.write_text(to_json([table, single]))
    assert read(path) == (table, single)
    rows = markdown(table).splitlines()
    assert len(rows) == 2 + len(table.blocks)
    assert len({row.count("|") for row in rows}) == 1
    first = table.blocks[0]
    assert f"| `{first.name}` | {first.channel.minimum:.4f} to {first.channel.maximum:.4f} |" in rows[2]
    assert "| - |" in markdown(single)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"schema": 99, "tables": []}', '{"schema": 1, "tables": [{"model": "x"}]}']
)
def test_what_is_no_table_is_refused(tmp_path, text):
    (tmp_path / "gates.json").write_text(text)
    with pytest.raises(ValueError, match="holds no tables of gates"):
        read(tmp_path / "gates.json")
    with pytest.raises(FileNotFoundError, match="no table of gates"):
        read(tmp_path / "other.json")


@pytest.mark.parametrize("name", STORED)
def test_stored_tables_belong_to_the_bundled_weights(name):
    card = next(card for card in psa_viz.bundled() if card.name == name)
    assert gate_tables(name)
    for table in gate_tables(name):
        assert table.model == name
        assert table.weights_sha256 == card.facts["weights_sha256"]
        assert len(table.blocks) == card.facts["psa_blocks"]
        for block in table.blocks:
            assert 0 <= block.channel.minimum <= block.channel.mean <= block.channel.maximum <= 1


def test_a_model_without_psa_has_no_tables():
    assert gate_tables("person-none") == ()


def test_the_command_prints_and_stores_the_same(untrained, archives, tmp_path, capsys):
    from psa_viz.__main__ import main

    out = tmp_path / "deep" / "gates.json"
    data = [str(archives / "lspet_val.tar"), str(archives / "ccp_val.tar")]
    common = ["gates", "--model", str(untrained), "--data", *data, "--limit", "2", "--size", "64"]
    assert main([*common, "--out", str(out), "--json"]) == 0
    assert capsys.readouterr().out == out.read_text()
    assert [(table.data, table.images) for table in read(out)] == [("lspet_val.tar", 2), ("ccp_val.tar", 2)]
    assert main(common) == 0
    assert len(re.findall(r"^\| `stage", capsys.readouterr().out, re.MULTILINE)) == 40


def test_the_overview_counts_biases_and_keeps_single_images_apart(network, people, capsys):
    from psa_viz.__main__ import main

    switched = [SwitchOff(name, "channel", to=0.5) for name in list(psa_paths(network))[:3]]
    with edited(network, switched):
        table = gates(network, people, "drawn.tar", size=64)
    single = gates(network, replace(people, images=people.images[:1]), "one.tar", size=64)
    first, second = overview([table, single]).splitlines()[2:]
    biases = sum(block.channel.between is None or block.channel.between < 0.05 for block in table.blocks)
    assert biases >= 3
    assert f"| {biases} of 20 |" in first
    assert "3 of drawn.tar" in first
    assert second.count("| - |") == 2
    assert main(["gates", "--stored"]) == 0
    assert "`person-psa-parallel`" in capsys.readouterr().out
