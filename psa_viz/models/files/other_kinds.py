"""What a file is that is taken for weights and is none, told from its first bytes, and what to do with it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

STARTS = (
    (b"\x1f\x8b", "is compressed with gzip: unpack it first (gunzip, or tar xzf)"),
    (b"\xfd7zXZ", "is compressed with xz: unpack it first"),
    (b"BZh", "is compressed with bzip2: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstd: unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive: unpack it first"),
    (b"Rar!", "is a RAR archive: unpack it first"),
    (b"\x89HDF", "is an HDF5 file, as Keras writes: expected torch's or safetensors"),
    (b"GGUF", "is a GGUF file: expected torch's or safetensors"),
    (b"\x93NUMPY", "is one NumPy array without names: expected torch's or safetensors"),
)
LFS = re.compile(rb"version https://git-lfs\.github\.com/spec/.*?size (\d+)", re.DOTALL)
HEAD = 512


def other_kind(path: Path) -> str:
    """What the file is, as the end of a sentence that begins with its name; "" if nothing speaks against weights."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        return "is not a whole file of torch.save: it is empty (zero bytes), fetch it again"
    if pointer := LFS.match(head):
        return (
            f"is a git-lfs pointer and not the file itself, which has {int(pointer[1]):,} bytes: run git lfs pull, or "
            "download the file from its page"
        )
    for start, words in STARTS:
        if head.startswith(start):
            return words
    if head[257:262] == b"ustar":
        return "is a tar archive: unpack it first"
    if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "is a web page and no weights: the address was that of a page about the file"
    if head.lstrip()[:1] == b"<":
        return "is XML or HTML and no weights"
    return _in_zip(path) if head.startswith(b"PK") else ""


def _in_zip(path: Path) -> str:
    """The same for archives; torch's own files are some too."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return ""  # damaged, which its reader says better
    inside = {name.partition("/")[2] or name for name in names}
    if "constants.pkl" in inside or any(name.startswith("code/") for name in inside):
        return (
            "is a TorchScript archive, which is a program: where you trust it, open it with torch.jit.load and save "
            "its state_dict() with torch.save"
        )
    if "data.pkl" in inside:
        return ""
    if names and all(name.endswith(".npy") for name in names):
        return "is an archive of NumPy arrays (.npz): save them with safetensors.numpy.save_file"
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"is a zip archive without torch's data.pkl: unpack it and name the file you want of {shown or 'nothing'}"
