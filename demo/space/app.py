"""What the Space runs: the page, where the Hub expects it."""

import os

from demo.__main__ import serve

serve(os.environ.get("GRADIO_SERVER_NAME", "0.0.0.0"), int(os.environ.get("GRADIO_SERVER_PORT", "7860")))
