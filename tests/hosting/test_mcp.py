"""The endpoints as tools for language models, in an environment of their own with the older packages that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hosting.processes import ROOT, free_ports, start, wait_until_up

pytestmark = pytest.mark.timeout(600)
PINS = ROOT / "demo" / "serving" / "mcp" / "requirements.txt"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what MCP needs, to be found before what is installed here."""
    folder = tmp_path_factory.mktemp("mcp")
    wanted = [line for line in PINS.read_text().splitlines() if line.startswith(("mcp", "pydantic"))]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no packages to be had: {done.stderr.strip()[-200:]}")
    return folder


def test_the_endpoints_are_tools(older, untrained, tmp_path):
    (port,) = free_ports(1)
    with (tmp_path / "log").open("w+") as log:
        env = {"PYTHONPATH": str(older), "GRADIO_MCP_SERVER": "True", "OMP_NUM_THREADS": "1"}
        server = start(port, untrained, tmp_path / "uploads", log, **env)
        try:
            wait_until_up(server)
            tools = ask(f"http://127.0.0.1:{port}/gradio_api/mcp/", "tools/list")["tools"]
            asked = {"name": "models", "arguments": {}}
            answer = ask(f"http://127.0.0.1:{port}/gradio_api/mcp/", "tools/call", asked)
        finally:
            server.terminate()
            server.wait(timeout=60)
    assert {tool["name"] for tool in tools} == {"models", "explain", "edit"}
    assert "person-psa-parallel" in json.dumps(answer)


def ask(address: str, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    """One call of the protocol over HTTP."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters or {}}
    headers = {"accept": "application/json, text/event-stream"}
    answer = httpx.post(address, json=body, headers=headers, timeout=120, follow_redirects=True).raise_for_status()
    text = answer.text
    if "data:" in text:
        text = next(line[5:] for line in text.splitlines() if line.startswith("data:"))
    facts = json.loads(text)
    assert "error" not in facts, facts
    return facts["result"]
