"""Clips of every kind as frames with their times; what is broken says so."""

import builtins
import sys
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from psa_viz.session import clip_facts
from psa_viz.session.clips import open_clip
from tests.session.films import WALK, picture, write_animation, write_film


def away(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


@pytest.mark.parametrize(
    ("ending", "codec"), [("mp4", "libx264"), ("mov", "libx264"), ("mkv", "mjpeg"), ("avi", "mjpeg")]
)
def test_a_film_gives_its_frames_at_their_times(tmp_path, ending, codec):
    pytest.importorskip("av")
    times = (0.0, 0.1, 0.2, 0.3)
    clip = open_clip(write_film(tmp_path / f"film.{ending}", times, codec=codec))
    frames = list(clip.frames())
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    np.testing.assert_allclose([frame.seconds for frame in frames], times, atol=1e-3)
    assert (clip.facts.width, clip.facts.height, clip.damaged) == (160, 120, 0)
    for frame in frames:
        assert frame.image.dtype == np.uint8
        assert frame.image.flags["C_CONTIGUOUS"]
        assert away(frame.image, picture(frame.number)) < 4


def test_variable_rate_keeps_every_frames_own_time(tmp_path):
    pytest.importorskip("av")
    times = (0.0, 0.02, 0.5, 0.51, 1.75)
    for name, codec in (("film.mp4", "libx264"), ("film.webm", "libvpx-vp9")):
        frames = list(open_clip(write_film(tmp_path / name, times, codec=codec)).frames())
        np.testing.assert_allclose([frame.seconds for frame in frames], times, atol=1e-3)


@pytest.mark.parametrize(("turn", "quarters"), [(90, 1), (180, 2), (-90, 3), (0, 0)])
def test_a_turned_film_is_upright(tmp_path, turn, quarters):
    pytest.importorskip("av")
    clip = open_clip(write_film(tmp_path / "film.mp4", (0, 0.1), turn=turn))
    frame = next(clip.frames())
    wanted = np.rot90(picture(0), quarters)
    assert frame.image.shape == wanted.shape
    assert (clip.facts.width, clip.facts.height) == wanted.shape[1::-1]
    assert away(frame.image, wanted) < 4


def test_four_thousand_pixels_are_scaled_down_as_they_are_decoded(tmp_path):
    pytest.importorskip("av")
    path = write_film(tmp_path / "film.mp4", (0, 0.1), size=(3840, 2160))
    clip = open_clip(path)
    assert clip.facts.stored == (3840, 2160)
    frame = next(clip.frames())
    assert frame.image.shape == (720, 1280, 3)
    small = np.array(Image.fromarray(picture(0, 3840, 2160)).resize((1280, 720), Image.Resampling.BOX))
    assert away(frame.image, small) < 4
    assert next(open_clip(path, longest=320).frames()).image.shape == (180, 320, 3)


def test_frames_can_begin_later(tmp_path):
    pytest.importorskip("av")
    for path in (
        write_film(tmp_path / "film.mp4", (0, 0.1, 0.4)),
        write_animation(tmp_path / "a.gif", 3, [100, 300, 100]),
    ):
        whole, late = list(open_clip(path).frames()), list(open_clip(path).frames(2))
        assert [(frame.number, frame.seconds) for frame in late] == [(2, whole[2].seconds)]
        assert np.array_equal(late[0].image, whole[2].image)


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_an_animation_gives_its_frames_at_their_times(tmp_path, ending):
    clip = open_clip(write_animation(tmp_path / f"moves.{ending}", 4, [100, 50, 200, 70]), longest=80)
    frames = list(clip.frames())
    np.testing.assert_allclose([frame.seconds for frame in frames], (0, 0.1, 0.15, 0.35), atol=1e-9)
    assert {frame.image.shape for frame in frames} == {(60, 80, 3)}
    small = np.array(Image.fromarray(picture(2)).resize((80, 60), Image.Resampling.BOX))
    assert away(frames[2].image, small) < 6


def test_what_is_shown_for_no_time_is_shown_as_browsers_do(tmp_path):
    frames = list(open_clip(write_animation(tmp_path / "moves.gif", 3, [0, 10, 40])).frames())
    assert [frame.seconds for frame in frames] == [0, 0.1, 0.2]


def test_the_walk_lasts_three_seconds():
    clip = open_clip(WALK)
    frames = list(clip.frames())
    assert (len(frames), clip.facts.frames, clip.facts.stored) == (30, 30, (320, 240))
    assert [frame.seconds for frame in frames] == [number / 10 for number in range(30)]


def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path):
    for name, data in (("empty.mp4", b""), ("text.mp4", b"not a film" * 100), ("riff.webp", b"RIFF1234WEBPxxxx")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=name):
            open_clip(tmp_path / name)
    Image.fromarray(picture(0)).save(tmp_path / "still.png")
    with pytest.raises(ValueError, match="still picture"):
        open_clip(tmp_path / "still.png")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        open_clip(tmp_path / "nothing.mp4")
    with pytest.raises(ValueError, match="folder"):
        open_clip(tmp_path)
    with pytest.raises(ValueError, match="at least 1"):
        open_clip(WALK, longest=0)


def test_sound_alone_is_no_clip(tmp_path):
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ValueError, match="no pictures in it"):
        open_clip(tmp_path / "sound.mp4")


def test_a_playlist_opens_nothing(tmp_path):
    pytest.importorskip("av")
    film = write_film(tmp_path / "film.mp4", (0, 0.1))
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", str(film), "#EXT-X-ENDLIST", "")
    (tmp_path / "list.mp4").write_text("\n".join(lines))
    with pytest.raises(ValueError, match="not a clip that can be read"):
        open_clip(tmp_path / "list.mp4")


def test_a_film_that_was_cut_off(tmp_path):
    pytest.importorskip("av")
    whole = write_film(tmp_path / "film.mkv", [number / 10 for number in range(40)])
    data = whole.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    frames = list(open_clip(tmp_path / "cut.mkv").frames())
    assert 5 < len(frames) < 40
    (tmp_path / "head.mp4").write_bytes(write_film(tmp_path / "film.mp4", (0, 0.1)).read_bytes()[:200])
    with pytest.raises(ValueError, match=r"head\.mp4"):
        open_clip(tmp_path / "head.mp4")


def test_a_damaged_part_is_counted_and_passed_over(tmp_path):
    pytest.importorskip("av")
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (120, 160, 3), dtype=np.uint8) for _ in range(20)]
    path = write_film(tmp_path / "film.avi", [n / 10 for n in range(20)], codec="mjpeg", pictures=noise)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 15000] = bytes(15000)
    path.write_bytes(data)
    clip = open_clip(path)
    frames = list(clip.frames())
    assert clip.damaged > 0
    assert 5 < len(frames) < 20
    assert all(before.seconds < after.seconds for before, after in pairwise(frames))


def test_a_cut_animation_gives_what_is_whole(tmp_path):
    data = write_animation(tmp_path / "moves.gif", 6, 100).read_bytes()
    (tmp_path / "cut.gif").write_bytes(data[: len(data) * 2 // 3])
    clip = open_clip(tmp_path / "cut.gif")
    assert 1 <= len(list(clip.frames())) < 6


def test_without_pyav_films_say_what_to_install_and_animations_work(tmp_path, monkeypatch):
    pytest.importorskip("av")
    film, moves = write_film(tmp_path / "film.mp4", (0, 0.1)), write_animation(tmp_path / "moves.gif", 2, 100)
    monkeypatch.delitem(sys.modules, "psa_viz.session.clips_av", raising=False)
    usual = builtins.__import__

    def without(name, *given, **named):
        if name == "av" or name.startswith("av."):
            raise ImportError("no av")
        return usual(name, *given, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RuntimeError, match=r"psa-viz\[video\]"):
        open_clip(film)
    assert len(list(open_clip(moves).frames())) == 2


def test_frames_larger_than_any_photo_are_refused(monkeypatch):
    monkeypatch.setattr(clip_facts, "MAX_PIXELS", 1000)
    with pytest.raises(ValueError, match="320 x 240"):
        open_clip(WALK)
