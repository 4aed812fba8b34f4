"""An error as a program is told of it: a code that stays, and one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from demo import replies
from demo.serving.quota import Full, disk_is_full
from demo.serving.schema import Code
from demo.slots import Busy

NO_UPLOAD = "That photo did not arrive: upload it here first, within the last hour."


class Coded(ValueError):
    """A sentence with its code."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def coded(code: Code) -> Iterator[None]:
    """What is wrong inside the block is of this kind, unless it has a kind of its own."""
    try:
        yield
    except (Busy, Full, Coded):
        raise
    except ValueError as error:
        raise Coded(code, str(error)) from error


def refusal(code: Code, text: str) -> gr.Error:
    """For Gradio to hand on: the code is its title, and nothing is printed."""
    return gr.Error(text, title=code, print_exception=False)


def refusal_of(error: Exception) -> gr.Error:
    """The same of any error. One that is nobody's but ours is logged, and told as such."""
    if isinstance(error, gr.Error):
        return error
    return refusal(_code(error), replies.apology(error)["text"])


def _code(error: Exception) -> Code:
    if isinstance(error, Coded):
        return error.code
    if isinstance(error, Busy):
        return "busy"
    if isinstance(error, Full) or disk_is_full(error):
        return "full"
    return "bad-request" if isinstance(error, ValueError) else "failed"
