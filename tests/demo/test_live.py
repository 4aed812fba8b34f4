"""A camera's frames: the answers are what the library says of the same frame and crop."""

import io

import numpy as np
import pytest
from PIL import Image

import psa_viz
from demo.engine import Engine
from demo.live import Stream, read_picture
from demo.live_answer import HEADER, read_answer
from demo.serving.live import IDLE, LASTS, MOST_STREAMS, Streams
from demo.slots import Busy
from psa_viz.session.session import Session
from psa_viz.values.block_statistics import statistic
from psa_viz.values.edits import Mute, SwitchOff
from tests.session.scenes import portrait

NAME, BLOCK = "person-psa-parallel", "stage2.0.branch0.block1"


@pytest.fixture(scope="module")
def engine(untrained):
    model = psa_viz.load(untrained, device="cpu")
    return Engine([NAME], load=lambda name, device="auto": model, devices=lambda: ("cpu",))


@pytest.fixture(scope="module")
def man():
    return portrait(height=200)


def sent(image, kind="PNG"):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind)
    return buffer.getvalue()


def ask(stream, image, seconds=0.0, block=BLOCK, maps=True, key="spatial-range"):
    return read_answer(stream.answer(sent(image), seconds, block, maps, key))


def alone(engine, image, answer, edits=()):
    """What the library says of the same frame and crop."""
    from psa_viz.values.geometry import Crop

    return Session(image, engine.model(NAME), Crop(answer["crop"], *answer["input"], 4)).explain(edits)


def test_an_answer_is_what_the_library_says_of_that_crop(engine, man):
    stream = Stream(engine, NAME, size=128)
    for number in range(3):
        image = np.roll(man, 3 * number, axis=1)
        answer = ask(stream, image, number / 10, maps=number != 1)
        expected = alone(engine, image, answer)
        assert answer["looked"] == (number == 0 or stream._watcher.follower.looked == number / 10)
        np.testing.assert_allclose(answer["joints"][:, :2], expected.pose.keypoints, atol=1e-3)
        np.testing.assert_allclose(answer["joints"][:, 2], expected.pose.scores, atol=1e-4)
        np.testing.assert_allclose(answer["channel"], expected.blocks[BLOCK].channel, atol=1e-4)
        np.testing.assert_allclose(answer["spatial"], expected.blocks[BLOCK].spatial, atol=1e-4)
        assert ("maps" in answer) == (number != 1)
        if number != 1:
            for found, block in zip(answer["maps"], expected.blocks.values(), strict=True):
                np.testing.assert_allclose(found / 255, block.spatial, atol=0.5 / 255 + 1e-4)
            ranges = statistic("spatial-range").values(expected.blocks)
            np.testing.assert_allclose(answer["statistic"], ranges, atol=1e-4)


def test_edits_stay_applied_until_there_are_others(engine, man):
    stream = Stream(engine, NAME, size=128)
    stream.ask([{"kind": "switch-off", "block": BLOCK, "branch": "spatial", "to": 0.25}])
    for number in range(2):
        answer = ask(stream, man, number / 10)
        assert answer["edited"]
        np.testing.assert_allclose(answer["spatial"], 0.25, atol=1e-6)
        expected = alone(engine, man, answer, [SwitchOff(BLOCK, "spatial", to=0.25)])
        np.testing.assert_allclose(answer["joints"][:, :2], expected.pose.keypoints, atol=1e-3)
    stream.ask([{"kind": "mute", "block": BLOCK, "channels": [3], "to": "mean"}])
    muted = ask(stream, man, 0.2)
    expected = alone(engine, man, muted, [Mute(BLOCK, channels=[3], to="mean")])
    np.testing.assert_allclose(muted["channel"], expected.blocks[BLOCK].channel, atol=1e-4)
    stream.ask([])
    assert not ask(stream, man, 0.3)["edited"]


def test_edits_that_do_not_fit_are_said_once_and_left_out(engine, man):
    stream = Stream(engine, NAME, size=128)
    stream.ask([{"kind": "mute", "block": "nothing", "channels": [3], "to": 0.0}])
    with pytest.raises(ValueError, match="nothing"):
        ask(stream, man, 0.0)
    assert not ask(stream, man, 0.1)["edited"]
    with pytest.raises(ValueError, match="list of edits"):
        stream.ask("mute")


def test_nobody_is_an_answer_of_its_own(engine):
    answer = ask(Stream(engine, NAME, size=128), np.full((96, 128, 3), 120, np.uint8))
    assert answer["nobody"]
    assert answer["looked"]
    assert len(answer["joints"]) == answer["spatial"].size == 0


def test_time_rises_whatever_the_page_says(engine, man):
    stream, times = Stream(engine, NAME, size=128), []
    for seconds in (5.0, 1.0, 5.0):
        ask(stream, man, seconds, block="", maps=False)
        times.append(stream.seconds)
    assert times == sorted(times)
    assert len(set(times)) == 3


def test_what_is_no_frame_is_refused_in_a_sentence(engine, man):
    stream = Stream(engine, NAME, size=128)
    for data, words in ((b"text", "no JPEG"), (sent(np.zeros((10, 321, 3), np.uint8)), "at most 320")):
        with pytest.raises(ValueError, match=words):
            stream.answer(data, 0.0, BLOCK, False, "spatial-range")
    with pytest.raises(ValueError, match="seconds"):
        stream.answer(sent(man), float("nan"), BLOCK, False, "spatial-range")
    with pytest.raises(ValueError, match="no PSA block named 'nothing'"):
        ask(stream, man, block="nothing")
    with pytest.raises(ValueError, match="unknown statistic"):
        ask(stream, man, key="nothing")
    for size in (100, "128", True, 4096):
        with pytest.raises(ValueError, match="size of the input"):
            Stream(engine, NAME, size=size)
    assert read_picture(sent(man, "JPEG")).shape == man.shape


def test_an_answer_that_is_none_is_refused():
    for data in (b"", b"PSA1", b"JSON" + bytes(HEADER.size)):
        with pytest.raises(ValueError, match="begins with"):
            read_answer(data)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_streams_are_limited_and_end():
    clock = Clock()
    streams = Streams(clock)
    names = [streams.add(None, f"v{k}", f"address{k % 3}") for k in range(MOST_STREAMS)]
    with pytest.raises(Busy, match=r"in all are watched already"):
        streams.add(None, "late", "elsewhere")
    again = streams.add(None, "v0", "address0")  # one for each visitor: the old one is over
    assert streams.get(names[0]) is None
    assert streams.get(again).visitor == "v0"
    clock.now = IDLE + 1
    assert len(streams) == MOST_STREAMS
    streams.add(None, "late", "elsewhere")
    assert len(streams) == 1  # the others were idle
    clock.now = 0.0


def test_one_address_leaves_half_to_the_others():
    streams = Streams(Clock())
    for k in range(MOST_STREAMS // 2):
        streams.add(None, f"v{k}", "school")
    with pytest.raises(Busy, match="of your address"):
        streams.add(None, "more", "school")
    streams.add(None, "other", "home")


def test_a_stream_has_an_end():
    clock = Clock()
    streams = Streams(clock)
    name = streams.add(None, "v", "a")
    for _ in range(int(LASTS)):
        clock.now += 1
        assert streams.get(name) is not None
    clock.now += 1
    assert streams.get(name) is None
    assert streams.get("nothing") is None
