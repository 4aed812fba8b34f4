"""Sentences for the visitor, and the number that makes every answer another one. No Gradio in here."""

from __future__ import annotations

import itertools
import logging
from typing import TYPE_CHECKING, TypeVar, cast

from demo.serving.quota import NO_ROOM, disk_is_full

if TYPE_CHECKING:
    from demo.messages.envelope import Envelope, MessageAnswer

Sent = TypeVar("Sent", bound="Envelope")
log = logging.getLogger(__name__)
_serials = itertools.count(1)


def message(text: str) -> MessageAnswer:
    """A sentence for the visitor; the result on the page stays."""
    sent: MessageAnswer = {"kind": "message", "text": text}
    return numbered(sent)


def apology(error: Exception) -> MessageAnswer:
    """What the visitor reads after something failed: the sentence of a ValueError, or that it is our mistake."""
    if isinstance(error, ValueError):
        return message(_sentence(str(error)))
    if disk_is_full(error):
        log.error("the disk is full")
        return message(NO_ROOM)
    log.error("a request failed", exc_info=error)
    return message(
        f"Something in the program failed on this photo ({type(error).__name__}); the result on the page stays."
    )


def _sentence(text: str) -> str:
    """With a capital letter and a full stop, as the visitor reads it; a file's name keeps its own letters."""
    first = text if "." in text.partition(" ")[0] else text[:1].upper() + text[1:]
    return first + ("" if text.endswith((".", "!", "?")) else ".")


def numbered(shown: Sent) -> Sent:
    """With a number of its own, so that the browser sees the same message twice as two messages."""
    return cast("Sent", {**shown, "serial": next(_serials)})
