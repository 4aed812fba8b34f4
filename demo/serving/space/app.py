"""What the Space runs: the page, where the Hub expects it."""

import os

# The Hub's proxies come from private networks: what they say about a visitor's address is believed, and no one else's.
os.environ.setdefault("FORWARDED_ALLOW_IPS", "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16")

from demo.serving.run import serve

serve(os.environ.get("GRADIO_SERVER_NAME", "0.0.0.0"), int(os.environ.get("GRADIO_SERVER_PORT", "7860")))
