"""The deployment files: nginx with TLS and a sub-path is started, the others are read by the programs they are for."""

from __future__ import annotations

import io
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
import yaml
from PIL import Image

from demo.__main__ import root_path
from demo.serving.headers import HEADERS
from tests.hosting.processes import ROOT, free_ports, start, wait_until_up
from tests.hosting.served import SERVED
from tests.hosting.visitor import Visitor

FILES = ROOT / "demo" / "serving" / "deploy"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL, SYSTEMD, DOCKER = (shutil.which(name) for name in ("openssl", "systemd-analyze", "docker"))


@dataclass(frozen=True)
class Front:
    """nginx in front of a page: its address, and that of the page itself."""

    address: str
    behind: str
    trust: ssl.SSLContext


@pytest.fixture(scope="module")
def front(untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    if NGINX is None or OPENSSL is None:
        pytest.skip("needs nginx and openssl")
    folder, (outer, inner) = tmp_path_factory.mktemp("front"), free_ports(2)
    command = [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(command, check=True, capture_output=True)
    text = (FILES / "nginx.conf").read_text(encoding="utf-8")
    for written, port in ((8443, outer), (7860, inner)):
        assert text.count(f"127.0.0.1:{written}") == 1
        text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{port}")
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    page, proxy = start(inner, untrained, folder / "uploads", root="/psa", OMP_NUM_THREADS="1"), None
    try:
        wait_until_up(page)
        proxy = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"])
        trust = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        made = Front(f"https://127.0.0.1:{outer}", f"http://127.0.0.1:{inner}", trust)
        _wait(made)
        yield made
    finally:
        for process in (proxy, page):
            if process is not None:
                process.terminate()
                process.wait(timeout=60)


def _wait(front: Front) -> None:
    for _ in range(200):
        try:
            httpx.get(f"{front.address}/psa/health/live", verify=front.trust)
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("nginx did not start")


def test_below_its_path_the_page_is_whole(front):
    """Every address that the page names is below the path, and is there."""
    page = httpx.get(f"{front.address}/psa/", verify=front.trust)
    assert page.status_code == 200
    config = httpx.get(f"{front.address}/psa/config", verify=front.trust).json()
    assert config["root"] == f"{front.address}/psa"
    named = {
        *re.findall(r'(?:href|src)="([^"#:]+)"', page.text),
        *re.findall(r"explorer/[0-9a-f]{16}/[\w/]+\.js", page.text),
    }
    assert len([name for name in named if name.endswith(".js")]) > 10
    named.discard("/manifest.json")  # Gradio's, of an application that is installed, which this is not
    for name in named:
        address = urljoin(f"{front.address}/psa/", name)
        assert address.startswith(f"{front.address}/psa/"), name
        assert httpx.get(address, verify=front.trust).status_code == 200, name
    for name, value in HEADERS.items():
        assert page.headers[name.decode()] == value.decode()


def test_a_photo_goes_through(front):
    visitor, buffer = Visitor(f"{front.address}/psa", verify=front.trust), io.BytesIO()
    Image.new("RGB", (60, 80), (200, 120, 40)).save(buffer, "PNG")
    answer = visitor.ask("run_photo", upload=visitor.upload(buffer.getvalue()), model=SERVED)
    assert answer["kind"] == "result"
    assert visitor.server("status") == {SERVED: "ready"}


def test_what_is_the_operators_stays_behind(front):
    assert httpx.get(f"{front.address}/psa/metrics", verify=front.trust).status_code == 404
    assert httpx.get(f"{front.behind}/metrics").status_code == 200
    assert httpx.get(f"{front.address}/psa/health/ready", verify=front.trust).json()["ready"] is True
    assert httpx.get(f"{front.address}/psa", verify=front.trust).status_code == 308
    assert httpx.get(f"{front.address}/", verify=front.trust).status_code in (403, 404)


def test_a_visitors_word_for_another_address_is_not_believed(front):
    headers = {
        "x-forwarded-host": "evil.example",
        "x-forwarded-for": "10.0.0.1",
        "x-gradio-server": "http://evil.example",
    }
    answer = httpx.get(f"{front.address}/psa/config", headers=headers, verify=front.trust)
    assert "evil.example" not in answer.text


def test_the_first_page_is_sent_small(hosted):
    def sent(path: str, encoding: str) -> int:
        with httpx.stream("GET", f"{hosted.address}{path}", headers={"accept-encoding": encoding}) as answer:
            assert answer.headers.get("content-encoding", "identity") == encoding
            return sum(map(len, answer.iter_raw()))

    for path in ("/", "/config"):
        assert sent(path, "gzip") < 0.7 * sent(path, "identity")
    script = re.search(r'src="\./(assets/[^"]+\.js)"', httpx.get(hosted.address).text)
    if script is not None:  # which Gradio compresses itself: not twice
        answer = httpx.get(f"{hosted.address}/{script[1]}", headers={"accept-encoding": "gzip, br"})
        assert "function" in answer.text or "import" in answer.text


@pytest.mark.parametrize(("text", "path"), [("/psa", "/psa"), ("/a/b/", "/a/b"), ("", "")])
def test_a_root_path(text, path):
    assert root_path(text) == path


@pytest.mark.parametrize("text", ["psa", "/", "/a//b", "http://x/psa", "/a b", "/<script>"])
def test_what_is_no_root_path_is_said_in_one_line(text):
    command = [sys.executable, "-m", "demo", "--root-path", text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "expected a path such as /psa" in done.stderr


@pytest.mark.skipif(SYSTEMD is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path):
    text = (FILES / "psa-viz.service").read_text(encoding="utf-8")
    unit = tmp_path / "psa-viz.service"
    unit.write_text(text.replace("/opt/psa-viz/.venv/bin/python", sys.executable), encoding="utf-8")
    done = subprocess.run([SYSTEMD, "verify", unit], capture_output=True, text=True, check=False)
    assert "psa-viz.service" not in done.stderr, done.stderr


def test_the_compose_file_says_what_the_container_needs():
    page = yaml.safe_load((FILES / "compose.yaml").read_text(encoding="utf-8"))["services"]["page"]
    assert page["init"] is True
    assert page["read_only"] is True
    assert page["stop_signal"] == "SIGTERM"
    assert any("size=" in one for one in page["tmpfs"])
    assert {"mem_limit", "stop_grace_period", "cap_drop"} <= set(page)
    assert (FILES / page["build"]["context"] / "Dockerfile").is_file()
    if DOCKER and subprocess.run([DOCKER, "compose", "version"], capture_output=True, check=False).returncode == 0:
        command = [DOCKER, "compose", "-f", FILES / "compose.yaml", "config", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
