"""settle: run an experiment that was fixed in a file, and print its answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from psa_viz.commands.options import command


def add(commands: argparse._SubParsersAction) -> None:
    own = command(commands, "settle", _settle, "run an experiment that is fixed in a file, and answer")
    own.add_argument("plan", type=Path, metavar="PLAN.json", help="for example docs/plans/settling-overnight.json")
    own.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the archives")
    own.add_argument("--out", type=Path, required=True, help="folder with one folder per run; what is finished stays")
    own.add_argument("--device", default="auto")
    own.add_argument("--limit", type=int, metavar="N", help="a rehearsal: the first N photos of each archive")


def _settle(options: argparse.Namespace) -> None:
    import json
    from dataclasses import asdict

    from psa_viz.session.devices import pick_device
    from psa_viz.training.settling import markdown, read, settle

    plan = read(options.plan)
    found = settle(plan, options.data, options.out, pick_device(options.device), options.limit)
    print(json.dumps([asdict(answer) for answer in found], indent=1) if options.json else markdown(plan, found))
