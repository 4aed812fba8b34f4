"""How long an edit of the page takes, from the click to the redrawn result, as the page itself says beside "off means".

Not a test, for a busy machine makes it meaningless: `python -m tests.browser.time_edits`, with nothing else running.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import FLAGS

BLOCKS = ("stage1.block0", "stage4.block0", "stage6.block0", "pyramid.block2")
"""From the first to the last stage: the later the block, the less has to run again."""
EDITS = 9
PORT = 7999
SETTLED = """(edits) => document.querySelectorAll('#explorer .edit-list li').length === edits
    && !document.querySelector('[data-edits="running"]')
    && /^\\d+ ms/.test(document.querySelector('[data-is="edit-time"]').textContent)"""


def milliseconds(page: Page, block: str) -> list[int]:
    """Of muting one channel after another, each edit on top of those before."""
    page.locator(f'#explorer [data-block="{block}"]').click()
    found = []
    for channel in range(EDITS):
        page.locator('#explorer [data-is="chosen-channels"]').fill(str(channel))
        page.locator('#explorer [data-is="mute-channels"]').click()
        page.wait_for_function(SETTLED, arg=channel + 1)
        found.append(int(page.locator('#explorer [data-is="edit-time"]').inner_text().split()[0]))
    page.locator('#explorer [data-is="reset"]').click()
    page.wait_for_function("() => !document.querySelector('#explorer .edit-list li')")
    return found


def main() -> None:
    script = Path(__file__).with_name("serve_live.py")
    server = subprocess.Popen([sys.executable, str(script), str(PORT)], stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"http://127.0.0.1:{PORT}/#tab=change")
            page.locator('#explorer [data-is="status"]').get_by_text("model ready").wait_for()
            page.wait_for_timeout(5000)  # the network looks at the stored examples as soon as it is loaded
            for block in BLOCKS:
                found = milliseconds(page, block)
                print(f"{block}: first {found[0]} ms, median {statistics.median(found):g} ms, most {max(found)} ms")
            browser.close()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
