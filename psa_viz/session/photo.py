"""Whatever people upload, as the one thing the program works on: (H, W, 3) uint8 RGB, upright.

Photos are never scaled: an explanation's coordinates are pixels of the photo that was given. A photo with more than
MAX_PIXELS pixels is refused from its header, before it is decoded; a very wide one below that is welcome.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

MAX_PIXELS = 64_000_000
"""Width times height that is still decoded: about 200 MB as RGB."""

MAX_BYTES = 200_000_000
"""Size of a file that is still read."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "JPEG2000", "TGA")
"""What is read, as Pillow calls it. No format that runs another program or describes a page rather than pixels."""

_WELCOME = "use a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF photo"

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation (tag 274) -> what makes the photo upright."""

_ORIENTATION = 274
_SIXTEEN_BITS = 65535


def load_photo(source: str | Path | Image.Image | np.ndarray | bytes) -> np.ndarray:
    """A photo as (H, W, 3) uint8 RGB, turned upright as its EXIF says, never scaled; the source is left as it was.

    Grey becomes three equal channels; 16 bits are divided down to 8; what is transparent is laid on white; of an
    animation the first frame is taken.

    Args:
        source: path, encoded bytes, PIL image, or array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8 or uint16.
    Raises:
        TypeError: for another kind of source or dtype; floats, for example, whose range only the caller knows.
        ValueError: if it is no image that can be read, is damaged, empty, or too large; one sentence says which.
        FileNotFoundError: if there is no file at the path.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _from_image(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), "the upload")
    if isinstance(source, (str, os.PathLike)):
        return _from_bytes(_read(Path(source)), str(source))
    raise TypeError(f"expected a path, bytes, PIL image or uint8 array, got {type(source).__name__}")


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ValueError(f"expected an image file, got a folder or device: {path}")
        if size > MAX_BYTES:
            raise ValueError(f"{path} has {size:,} bytes, more than the {MAX_BYTES:,} that are read; {_WELCOME}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"there is no file {path}") from error
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from error


def _from_bytes(data: bytes, name: str) -> np.ndarray:
    if not data:
        raise ValueError(f"{name} is empty (0 bytes); {_WELCOME}")
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name} has {len(data):,} bytes, more than the {MAX_BYTES:,} that are read; {_WELCOME}")
    Image.init()
    formats = [kind for kind in FORMATS if kind in Image.OPEN]
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} {_what_it_is(data)}; {_WELCOME}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # a warning, where those are errors
        raise ValueError(f"{name} has more than the {MAX_PIXELS:,} pixels that are read; scale it down") from error
    except Exception as error:  # Pillow's readers raise whatever a damaged header makes them stumble on
        raise ValueError(f"{name} has a damaged header and cannot be read as an image; {_WELCOME}") from error
    with image:
        return _from_image(image, name)


def _what_it_is(data: bytes) -> str:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in head):
        return "is an SVG drawing, which has no pixels to look at"
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"):
        return "is a HEIC photo, which is not read here"
    if head.startswith(b"%pdf"):
        return "is a PDF, not an image"
    return "is not an image that can be read, or its beginning is damaged"


def _from_image(image: Image.Image, name: str = "the image") -> np.ndarray:
    _check_size(image.width, image.height, name)
    try:
        image.load()
        turned = _upright(image)
        pixels = _rgb(turned)
    except MemoryError as error:
        size = f"{image.width} x {image.height} px"
        raise ValueError(f"{name} ({size}) does not fit into memory; scale it down") from error
    except Exception as error:  # as above: a damaged file can make a reader raise anything
        raise ValueError(f"{name} cannot be decoded, it may be truncated or damaged: {error}") from error
    return np.ascontiguousarray(pixels)


def _check_size(width: int, height: int, name: str) -> None:
    if width < 1 or height < 1:
        raise ValueError(f"{name} has no pixels: {width} x {height}")
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"{name} has {width} x {height} = {width * height:,} pixels, more than the {MAX_PIXELS:,} that are read; "
            "scale it down"
        )


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION)
    except Exception:  # EXIF that cannot be read says nothing about orientation; the pixels are still good
        orientation = None
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode == "F":
        raise ValueError("its pixels are floats without a known range; convert it to 8 bits")
    if image.mode.startswith("I"):
        return _grey(_eight_bits(np.asarray(image)))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or image.has_transparency_data:
        # The premultiplied modes convert to RGBA by way of their plain ones only.
        plain = _as(image, {"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode))
        return _on_white(_as(plain, "RGBA"))
    return np.array(_as(image, "RGB"))


def _as(image: Image.Image, mode: str) -> Image.Image:
    """In that mode; without the copy that Pillow makes where it is in that mode already."""
    return image if image.mode == mode else image.convert(mode)


def _from_array(array: np.ndarray) -> np.ndarray:
    if array.dtype not in (np.uint8, np.uint16):
        hint = "convert it first, for values in 0..1 with (255 * image).round().astype(np.uint8)"
        raise TypeError(f"expected an array of uint8 or uint16, got {array.dtype}; {hint}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(
            f"expected an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), channels last, got shape {array.shape}"
        )
    _check_size(array.shape[1], array.shape[0], "the array")
    pixels = _eight_bits(array) if array.dtype == np.uint16 else array
    if pixels.ndim == 2:
        return _grey(pixels)
    if pixels.shape[2] == 1:
        return _grey(pixels[..., 0])
    return _on_white(Image.fromarray(pixels)) if pixels.shape[2] == 4 else np.array(pixels, order="C")


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """0..65535 -> 0..255, rounded: 65535 / 255 = 257."""
    if values.min() < 0 or values.max() > _SIXTEEN_BITS:
        raise ValueError(f"its pixels go from {values.min()} to {values.max()}, beyond 16 bits; convert it to 8 bits")
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2)


def _on_white(picture: Image.Image) -> np.ndarray:
    """RGBA -> (H, W, 3); by Pillow, because the same in numpy takes ten bytes more for every pixel."""
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture)
    return np.array(white)
