"""TypedDicts as TypeScript declarations, which `tsc --checkJs` reads and no browser is sent."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NotRequired, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from demo.messages.answers import Answer
from demo.messages.offer import OfferFacts
from demo.messages.snapshots import SnapshotsAnswer

HEAD = """// Written by `python -m demo.messages` from the TypedDicts of demo/messages: change those, and run it again.
// Read by tsc alone; the browser is not sent this file.
"""
ROOTS = (Answer, SnapshotsAnswer, OfferFacts)
PLAIN: Mapping[Any, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "any",
}


def declarations() -> str:
    """All messages of the page as the text of types.d.ts."""
    found = {one.__name__: one for root in ROOTS for one in _reached(root)}
    parts = [_interface(found[name]) for name in sorted(found)]
    answer = "export type Answer =\n" + "\n".join(f"  | {one.__name__}" for one in get_args(Answer)) + ";\n"
    return "\n".join([HEAD, *parts, answer])


def _reached(kind: Any) -> Iterator[Any]:
    """The TypedDicts that a type is made of, itself included."""
    if is_typeddict(kind):
        yield kind
        for one in getattr(kind, "__orig_bases__", ()):
            yield from _reached(one)
        for part in _fields(kind).values():
            yield from _reached(part)
    for part in get_args(kind):
        yield from _reached(part)


def _fields(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _interface(kind: Any) -> str:
    above = [one for one in getattr(kind, "__orig_bases__", ()) if is_typeddict(one)]
    inherited = {name for one in above for name in _fields(one)}
    extends = f" extends {', '.join(one.__name__ for one in above)}" if above else ""
    lines = [
        f"  {name}{'?' if get_origin(part) is NotRequired else ''}: {written(part)};"
        for name, part in _fields(kind).items()
        if name not in inherited
    ]
    words = inspect.getdoc(kind)
    comment = "" if not words or words.startswith("dict(") else _comment(words)
    return "\n".join([f"{comment}export interface {kind.__name__}{extends} {{", *lines, "}", ""])


def _comment(words: str) -> str:
    lines = words.splitlines()
    return f"/** {lines[0]} */\n" if len(lines) == 1 else "\n".join(["/**", *(f" * {line}" for line in lines), " */\n"])


def written(kind: Any) -> str:
    """A type as TypeScript writes it.

    Raises:
        TypeError: for a type that no JSON has.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_typeddict(kind):
        return kind.__name__
    if origin is NotRequired:
        return written(parts[0])
    if origin is Literal:
        return " | ".join(f"'{value}'" for value in parts)
    if origin in (Union, types.UnionType):
        return " | ".join(map(written, parts))
    if origin is list:
        inner = written(parts[0])
        return f"({inner})[]" if " " in inner and not inner.startswith("[") else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(map(written, parts))}]"
    if origin is dict and parts[0] is str:
        return f"Record<string, {written(parts[1])}>"
    raise TypeError(f"expected a type of JSON (TypedDict, list, tuple, dict, Literal, a plain one), got {kind!r}")
