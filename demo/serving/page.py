"""Gradio's Blocks, with one sentence and a code for whatever a program sends to an endpoint by mistake."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.exceptions import InvalidPathError

from demo.serving.errors import NO_UPLOAD, refusal

if TYPE_CHECKING:
    from gradio.block_function import BlockFunction

log = logging.getLogger(__name__)


class Page(gr.Blocks):
    """Where Gradio's own words would tell of objects' addresses and this machine's folders, they are ours."""

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Give what was left out at the end its default.

        Raises:
            gr.Error: for more arguments than there are.
        """
        wanted = block_fn.inputs
        if len(inputs) > len(wanted):
            text = f"Expected at most {len(wanted)} arguments, got {len(inputs)}. /gradio_api/info has their names."
            raise refusal("bad-request", text)
        inputs.extend(getattr(component, "value", None) for component in wanted[len(inputs) :])

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:
        """
        Raises:
            gr.Error: whatever went wrong.
        """
        try:
            return await super().process_api(*given, **named)
        except gr.Error:
            raise
        except (InvalidPathError, OSError, ValueError) as error:  # of a path, in words that name this machine's folders
            raise refusal("no-such-upload", NO_UPLOAD) from error
        except Exception as error:
            log.error("a request failed before it was looked at", exc_info=error)
            raise refusal("failed", "Something in the program failed on this request.") from error
