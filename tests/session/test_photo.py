"""Every kind of upload gets the right picture or one clear sentence."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from psa_viz.session import photo
from psa_viz.session.photo import load_photo

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners() -> np.ndarray:
    """(4, 6, 3) with three coloured corners, so that every turn and flip of it is different."""
    image = np.zeros((4, 6, 3), dtype=np.uint8)
    image[0, 0], image[0, -1], image[-1, 0] = RED, GREEN, BLUE
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and has almost no data: what a decompression bomb looks like from outside."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def test_the_same_picture_from_every_kind_of_source(tmp_path):
    path = tmp_path / "corners.png"
    Image.fromarray(corners()).save(path)
    for source in (path, str(path), path.read_bytes(), Image.fromarray(corners()), corners()):
        loaded = load_photo(source)
        assert loaded.dtype == np.uint8
        assert loaded.flags["C_CONTIGUOUS"]
        assert loaded.flags["WRITEABLE"]
        np.testing.assert_array_equal(loaded, corners())


def test_an_array_is_copied():
    image = corners()
    load_photo(image)[:] = 7
    np.testing.assert_array_equal(image, corners())


def test_a_pil_image_is_left_as_it_was():
    image = Image.new("RGBA", (3, 2), (10, 20, 30, 128))
    load_photo(image)
    assert image.mode == "RGBA"
    assert image.getpixel((0, 0)) == (10, 20, 30, 128)


UPRIGHT = corners()
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT, 1),
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}
"""How a camera stores the upright picture under each EXIF orientation: tag 6 says "turn me clockwise to view"."""


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation(orientation, kind):
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation]))
    np.testing.assert_array_equal(load_photo(encoded(stored, kind, exif=exif, **options)), UPRIGHT)


@pytest.mark.parametrize("exif", [b"Exif\x00\x00" + bytes(40), b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12"])
def test_damaged_exif_does_not_cost_the_photo(exif):
    loaded = load_photo(encoded(Image.new("RGB", (8, 8), RED), "JPEG", exif=exif, quality=100))
    assert loaded.shape == (8, 8, 3)
    assert abs(loaded.astype(int) - RED).max() < 6


def grey_16() -> np.ndarray:
    return np.array([[0, 257, 32896, 65535]], dtype=np.uint16)


MODES = {
    "grey": (Image.fromarray(np.array([[0, 100, 255]], np.uint8)), "PNG", [[0] * 3, [100] * 3, [255] * 3]),
    "16-bit grey png": (Image.fromarray(grey_16()), "PNG", [[0] * 3, [1] * 3, [128] * 3, [255] * 3]),
    "16-bit grey tiff": (Image.fromarray(grey_16()), "TIFF", [[0] * 3, [1] * 3, [128] * 3, [255] * 3]),
    "1-bit": (Image.fromarray(np.array([[False, True]])), "PNG", [[0] * 3, [255] * 3]),
    "cmyk tiff": (Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "TIFF", [RED]),
    "palette": (Image.fromarray(corners()[:1, :1]).quantize(2), "PNG", [RED]),
    "alpha": (Image.new("RGBA", (1, 1), (255, 0, 0, 0)), "PNG", [WHITE]),
    "half alpha": (Image.new("RGBA", (1, 1), (255, 0, 0, 128)), "PNG", [(255, 127, 127)]),
    "grey with alpha": (Image.new("LA", (1, 1), (0, 51)), "PNG", [(204, 204, 204)]),
    "tiny": (Image.new("RGB", (1, 1), BLUE), "PNG", [BLUE]),
}


@pytest.mark.parametrize("case", MODES)
def test_modes(case):
    image, kind, expected = MODES[case]
    np.testing.assert_array_equal(load_photo(encoded(image, kind)), np.array([expected], dtype=np.uint8))


def test_cmyk_jpeg():
    loaded = load_photo(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=100))
    assert abs(loaded.astype(int) - RED).max() < 8


@pytest.mark.parametrize(("mode", "key"), [("P", 0), ("RGB", (1, 2, 3)), ("L", 9)])
def test_a_transparent_colour_becomes_white(mode, key):
    image = Image.new(mode, (2, 1), key)
    image.putpixel((1, 0), 200 if mode != "RGB" else (9, 9, 9))
    if mode == "P":
        image.putpalette([0, 0, 0] + [0, 90, 0] * 255)
    loaded = load_photo(encoded(image, transparency=key))
    np.testing.assert_array_equal(loaded[0, 0], WHITE)
    np.testing.assert_array_equal(loaded[0, 1], {"P": (0, 90, 0), "RGB": (9, 9, 9), "L": (200, 200, 200)}[mode])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_the_first_frame_of_an_animation(kind):
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, GREEN, BLUE)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    np.testing.assert_array_equal(load_photo(data), np.full((4, 4, 3), RED, dtype=np.uint8))


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[7]], np.uint8), (7, 7, 7)),
        (np.array([[[7]]], np.uint8), (7, 7, 7)),
        (np.array([[[1, 2, 3, 255]]], np.uint8), (1, 2, 3)),
        (np.array([[[1, 2, 3, 0]]], np.uint8), WHITE),
        (np.array([[65535]], np.uint16), WHITE),
        (np.array([[[257, 514, 0]]], np.uint16), (1, 2, 0)),
    ],
)
def test_arrays(array, expected):
    np.testing.assert_array_equal(load_photo(array), np.array([[expected]], dtype=np.uint8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
def test_arrays_of_unknown_range_are_refused(dtype):
    with pytest.raises(TypeError, match=r"uint8.*convert"):
        load_photo(np.zeros((4, 4, 3), dtype=dtype))


@pytest.mark.parametrize("shape", [(3, 4, 5), (4,), (4, 4, 2), (1, 4, 4, 3), (0, 4, 3), (4, 0)])
def test_arrays_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"channels last|no pixels"):
        load_photo(np.zeros(shape, dtype=np.uint8))


@pytest.mark.parametrize("source", [None, 3, [[1, 2]], object()])
def test_other_sources_are_refused(source):
    with pytest.raises(TypeError, match="expected a path, bytes, PIL image or uint8 array"):
        load_photo(source)


JPEG = encoded(Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)), "JPEG")
BAD_BYTES = {
    "zero bytes": (b"", "empty"),
    "text": (b"I am not a photo\n", "not an image"),
    "noise": (np.random.default_rng(1).bytes(5000), "not an image"),
    "truncated in the data": (JPEG[: len(JPEG) // 2], "truncated or damaged"),
    "truncated in the header": (JPEG[:12], "not an image|damaged"),
    "svg": (b'<?xml version="1.0"?>\n<svg viewBox="0 0 1 1"/>', "SVG"),
    "heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
    "pdf": (b"%PDF-1.7 ...", "PDF"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
    "bomb": (png_header(60_000, 60_000), "scale it down"),
    "too many pixels": (png_header(10_000, 10_000), "scale it down"),
    "a little too many pixels": (png_header(8001, 8000), "8001 x 8000 = 64,008,000 pixels"),
    "header without data": (png_header(100, 100), "truncated or damaged"),
    "float tiff": (encoded(Image.new("F", (2, 2), 0.5), "TIFF"), "floats"),
    "32-bit tiff": (encoded(Image.new("I", (2, 2), 70_000), "TIFF"), "beyond 16 bits"),
}


@pytest.mark.parametrize("case", BAD_BYTES)
@pytest.mark.filterwarnings("error")
def test_bad_uploads_get_one_sentence(case, tmp_path):
    data, expected = BAD_BYTES[case]
    with pytest.raises(ValueError, match=expected) as from_bytes:
        load_photo(data)
    assert "\n" not in str(from_bytes.value)
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=expected):
        load_photo(path)


def test_any_damage_to_a_file_ends_in_a_picture_or_a_sentence():
    kinds = ("PNG", "GIF", "TIFF", "BMP", "WEBP", "AVIF")
    files = [JPEG] + [encoded(Image.fromarray(corners()), kind) for kind in kinds]
    rng = np.random.default_rng(2)
    outcomes = {"picture": 0, "sentence": 0}
    for data in files:
        for _ in range(40):
            damaged = bytearray(data)
            for place in rng.integers(0, len(data), 4):
                damaged[place] = rng.integers(256)
            try:
                assert load_photo(bytes(damaged)).shape[2] == 3
                outcomes["picture"] += 1
            except ValueError:
                outcomes["sentence"] += 1
    assert min(outcomes.values()) > 0


def test_a_very_wide_photo_of_modest_area_is_read():
    data = encoded(Image.new("RGB", (20_000, 3), GREEN))
    assert load_photo(data).shape == (3, 20_000, 3)


def test_files_that_are_too_big_are_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(photo, "MAX_BYTES", 100)
    path = tmp_path / "big.jpg"
    path.write_bytes(JPEG)
    for source in (path, JPEG):
        with pytest.raises(ValueError, match="more than the 100"):
            load_photo(source)


def test_paths_that_are_no_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_photo(tmp_path / "missing.jpg")
    with pytest.raises(ValueError, match="folder"):
        load_photo(tmp_path)
    with pytest.raises(ValueError):
        load_photo("x" * 5000)
    with pytest.raises(ValueError):
        load_photo("photo\x00.jpg")
