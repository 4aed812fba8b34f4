"""Files that no camera made: seeded damage to small files of every kind, and drawn traps (bombs, lies in headers).

The same seed gives the same files everywhere.
"""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

ZEROS = 20_000_000


def mutants(count: int, seed: int = 8) -> Iterator[tuple[str, bytes]]:
    """Name and content of `count` files: every trap first, then damaged files of every kind in turn."""
    random = np.random.default_rng(seed)
    yield from list(traps().items())[:count]
    sound = sound_files(random)
    kinds, ways = list(sound), list(WAYS)
    for number in range(count - len(traps())):
        kind, way = kinds[number % len(kinds)], ways[int(random.integers(len(ways)))]
        yield f"{number}-{way}.{kind}", WAYS[way](sound[kind], random)


def sound_files(random: np.random.Generator) -> dict[str, bytes]:
    """One small file of every kind that people upload, pictures and others."""
    photo = Image.fromarray(random.integers(0, 255, (24, 36, 3), dtype=np.uint8))
    grey = Image.fromarray(random.integers(0, 65535, (24, 36), dtype=np.uint16))
    frames = {"save_all": True, "append_images": [photo.rotate(90), photo.rotate(180)]}
    exif = Image.Exif()
    exif[274] = 6
    return {
        "jpg": encoded(photo, "JPEG", exif=exif),
        "progressive.jpg": encoded(photo, "JPEG", progressive=True),
        "cmyk.jpg": encoded(photo.convert("CMYK"), "JPEG"),
        "png": encoded(photo, "PNG"),
        "palette.png": encoded(photo.quantize(16), "PNG"),
        "grey16.png": encoded(grey, "PNG"),
        "alpha.png": encoded(photo.convert("RGBA"), "PNG", exif=exif),
        "webp": encoded(photo, "WEBP"),
        "animated.webp": encoded(photo, "WEBP", lossless=True, **frames),
        "gif": encoded(photo, "GIF", **frames),
        "tif": encoded(photo, "TIFF", **frames),
        "lzw.tif": encoded(photo, "TIFF", compression="tiff_lzw"),
        "deflate.tif": encoded(grey, "TIFF", compression="tiff_adobe_deflate"),
        "jpeg.tif": encoded(photo, "TIFF", compression="jpeg"),
        "bmp": encoded(photo, "BMP"),
        "ppm": encoded(photo, "PPM"),
        "avif": encoded(photo, "AVIF"),
        "jp2": encoded(photo, "JPEG2000"),
        "tga": encoded(photo, "TGA"),
        "svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "txt": b"This is not a picture.\n" * 20,
        "html": b"<!doctype html><script>alert(1)</script>",
    }


def traps() -> dict[str, bytes]:
    """Files that are made to hurt: they promise or unfold to far more than they hold, or point at themselves."""
    return {
        "nothing.jpg": b"",
        "one-byte.png": b"\x89",
        "bomb.zip": zipped(bytes(ZEROS)),
        "bomb.gz": gzip.compress(bytes(ZEROS)),
        "bomb.png": png(30_000, 30_000, zlib.compress(bytes(ZEROS))),
        "short-bomb.png": png(7_000, 7_000, zlib.compress(bytes(1000))),
        "full-bomb.png": png(100, 100, zlib.compress(bytes(ZEROS))),
        "text-bomb.png": png(4, 4, zlib.compress(bytes(52)), b"zTXt", b"key\0\0" + zlib.compress(bytes(ZEROS))),
        "profile-bomb.png": png(4, 4, zlib.compress(bytes(52)), b"iCCP", b"key\0\0" + zlib.compress(bytes(ZEROS))),
        "largest.png": png(2**31 - 1, 2**31 - 1, zlib.compress(bytes(10))),
        "no-pixels.png": png(0, 0, zlib.compress(b"")),
        "screen.gif": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0) + b",",
        "frame.gif": b"GIF89a\x01\0\x01\0\0\0\0," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x00;",
        "canvas.webp": riff(b"VP8X" + struct.pack("<I", 10) + b"\x10\0\0\0" + b"\xff" * 6),
        "size.jpg": b"\xff\xd8\xff\xc0\0\x11\x08" + b"\xff" * 4 + b"\x03\x01\x11\0\x02\x11\0\x03\x11\0",
        "size.ppm": b"P6\n99999999 99999999\n255\n",
        "digits.ppm": b"P6\n" + b"9" * 5000,
        "size.bmp": b"BM" + struct.pack("<IIIIiiHHIIiiII", 90, 0, 54, 40, 2**31 - 1, -(2**31), 1, 24, 0, 0, 0, 0, 0, 0),
        "circle.tif": b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 256, 4, 1, 9, 8),
        "strips.tif": tiff([(256, 60_000), (257, 60_000), (258, 8), (259, 1), (262, 1), (273, 8), (279, 2**31)]),
        "values.tif": b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHIII", 1, 256, 4, 2**31 - 1, 8, 0),
        "script.svg": b"<svg><script>alert(document.cookie)</script></svg>",
        "entities.svg": b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg>&b;</svg>',
        "page.html": b"<img src=x onerror=alert(1)>",
        "drawing.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
        "document.pdf": b"%PDF-1.7\n1 0 obj << /S /JavaScript /JS (app.alert(1)) >>",
        "photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "pickle.jpg": b"cos\nsystem\n(S'touch owned'\ntR.",
        "long.txt": b"A" * 1_000_000,
    }  # fmt: skip


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("../../photo.jpg", data)
    return buffer.getvalue()


def png(width: int, height: int, data: bytes, kind: bytes = b"", more: bytes = b"") -> bytes:
    """A PNG of any claims: header, one chunk more, pixel data, end."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *([(kind, more)] if kind else []), (b"IDAT", data), (b"IEND", b"")]
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def tiff(tags: list[tuple[int, int]]) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(4)


def _overwrite(data: bytes, random: np.random.Generator) -> bytes:
    damaged = bytearray(data)
    for place in random.integers(0, len(data), int(random.integers(1, 9))):
        damaged[place] = random.integers(256)
    return bytes(damaged)


def _overwrite_header(data: bytes, random: np.random.Generator) -> bytes:
    return _overwrite(data[:64], random) + data[64:]


def _extreme(data: bytes, random: np.random.Generator) -> bytes:
    """Four bytes that read as a large or a negative number, in the header as a rule."""
    place = int(random.integers(4, min(len(data), 120)))
    extreme = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4))[int(random.integers(4))]
    return data[:place] + extreme + data[place + 4 :]


def _cut(data: bytes, random: np.random.Generator) -> bytes:
    return data[: int(random.integers(1, len(data)))]


def _repeat(data: bytes, random: np.random.Generator) -> bytes:
    a, b = sorted(random.integers(0, len(data), 2).tolist())
    return data[:b] + data[a:b] * int(random.integers(1, 6)) + data[b:]


def _leave_out(data: bytes, random: np.random.Generator) -> bytes:
    a, b = sorted(random.integers(0, len(data), 2).tolist())
    return data[:a] + data[b:] or b"\0"


def _append(data: bytes, random: np.random.Generator) -> bytes:
    return data + random.bytes(int(random.integers(1, 2000)))


def _prepend(data: bytes, random: np.random.Generator) -> bytes:
    return random.bytes(int(random.integers(1, 16))) + data


WAYS = {
    "overwritten": _overwrite,
    "header": _overwrite_header,
    "extreme": _extreme,
    "cut": _cut,
    "repeated": _repeat,
    "left-out": _leave_out,
    "appended": _append,
    "prepended": _prepend,
}
