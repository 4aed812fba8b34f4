"""python -m demo.serving.space OUT: make the folder of the Hugging Face Space from a commit, and check that it runs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from demo.serving.space.check import check
from demo.serving.space.folder import assemble


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.serving.space", description=__doc__.partition(": ")[2])
    parser.add_argument("out", type=Path, help="an empty folder, or a new one")
    parser.add_argument("--commit", default="HEAD", help="what to take the files from (%(default)s)")
    parser.add_argument("--space", metavar="OWNER/NAME", help="where it will be, for the address of its picture")
    parser.add_argument("--zero-gpu", action="store_true", help="for GPUs that are lent for a call, instead of a CPU")
    parser.add_argument("--check", action="store_true", help="install and start it, and compare one prediction")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the check (3.12 on the Hub)")
    parser.add_argument(
        "--installed", action="store_true", help="check with that interpreter as it is, install nothing"
    )
    options = parser.parse_args()
    try:
        commit = assemble(options.out, options.commit, options.zero_gpu, options.space)
        print(f"{options.out} is the Space of commit {commit}")
        if options.check:
            print(json.dumps(check(options.out.resolve(), options.python, not options.installed), indent=1))
    except (ValueError, RuntimeError) as error:
        print(f"demo.serving.space: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
