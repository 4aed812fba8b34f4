"""Runs what a ZeroGPU Space runs, on a port, where there is no GPU. Takes the environment of one.

    python tests/hosting/serve_lent.py PORT

The `spaces` package is the real one. What it expects of a torch that was built for CUDA is given to one that was not: a
version, a function that is never called, one that can be pickled, and a forked process that finds no CUDA to set up.
What it does otherwise is its own: in the server, pretending a GPU that is not there.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from importlib import import_module


def main() -> None:
    import torch

    if torch.version.cuda is None:
        torch.version.cuda, torch._C._cuda_init, torch.cuda._is_in_bad_fork = "12.8", None, bool
        import_module("spaces")
        device = import_module("spaces.zero.torch")
        device.init, device.move = lambda uuid: None, lambda callback: None
    from demo.serving.run import serve

    serve("127.0.0.1", int(sys.argv[1]))


if __name__ == "__main__":
    main()
