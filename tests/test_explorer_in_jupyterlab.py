"""The live explorer in a real JupyterLab, in a real browser: it shows, and it answers the keyboard."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

import siting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "06_live_explorer.ipynb"
PATIENCE_SECONDS = 90
#: Key presses that raise the weight of latency from 0.25 to 0.40 in steps of 0.01.
PRESSES = 15


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def is_up(address: str, token: str) -> bool:
    """Return whether the server at an address answers."""
    request = Request(f"{address}/api/status", headers={"Authorization": f"token {token}"})  # noqa: S310 - loopback
    try:
        with urlopen(request, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def command(folder: Path, own: Path, port: int, token: str) -> list[str]:
    """Return how JupyterLab is started with nothing of the user's and nobody to ask about news."""
    settings = own / "user_settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps({"fetchNews": "false"}))
    return [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}",
        # In a container everybody is root, which is refused otherwise.
        "--allow-root",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--LabApp.user_settings_dir={own / 'user_settings'}", f"--LabApp.workspaces_dir={own / 'workspaces'}",
    ]  # fmt: skip


@pytest.fixture
def laboratory(tmp_path: Path, browser: Browser) -> Iterator[str]:
    """Address, with its token, at which a JupyterLab of its own shows the notebook."""
    del browser  # without a browser there is nothing to start a server for
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(NOTEBOOK, folder)
    port, token = free_port(), secrets.token_hex(16)
    own = {name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    log = tmp_path / "jupyterlab.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            command(folder, tmp_path, port, token),
            cwd=folder,
            env={**os.environ, **own},
            stdout=written,
            stderr=written,
        )
        try:
            address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE_SECONDS
            while not is_up(address, token):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, f"JupyterLab did not start: {log.read_text()}"
                time.sleep(0.2)
            yield f"{address}/doc/tree/{NOTEBOOK.name}?token={token}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()


def run_all_cells(page: Page, address: str) -> None:
    """Open the notebook, run it from the menu, and wait until its last picture is there."""
    page.goto(address)
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.get_by_text("(ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator("#jp-mainmenu-run").get_by_text("Run All Cells", exact=True).click()
    page.wait_for_selector(".jp-OutputArea-output img[src^='data:image/png']", state="attached")


def test_a_slider_moved_by_keyboard_changes_the_portfolio(laboratory: str, browser: Browser, tmp_path: Path) -> None:
    """Every cell runs; then the weight of latency is raised with the arrow keys until other sites are chosen."""
    answer = siting.solve("gigafactories", weights={"latency": 0.25 + PRESSES / 100})
    assert answer.portfolio != siting.solve("gigafactories").portfolio
    context = browser.new_context(viewport={"width": 1500, "height": 1500})
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    try:
        page = context.new_page()
        run_all_cells(page, laboratory)
        assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        explorer = page.locator(".siting-explorer").first
        explorer.scroll_into_view_if_needed()
        explorer.get_by_role("button", name="Reset to the base").click()
        explorer.get_by_text("The same sites as the base.").wait_for()
        before = explorer.locator(".siting-table").first.inner_text()
        slider = explorer.locator(".widget-slider", has_text="latency").first.get_by_role("slider")
        for _ in range(PRESSES):
            slider.press("ArrowRight")
        # The last place is answered too, however many were passed on the way.
        explorer.locator(".siting-table").last.get_by_text(f"{0.25 + PRESSES / 100:.3g}", exact=True).wait_for()
        for site in answer.portfolio or ():
            explorer.locator(".siting-table").first.get_by_text(str(site)).wait_for()
        after = explorer.locator(".siting-table").first.inner_text()
        assert before != after
        assert explorer.get_by_text("Leaves:").count() == 1
        pictures = Path(os.environ.get("SITING_PICTURES", tmp_path))
        explorer.screenshot(path=pictures / "live-explorer.png")
    finally:
        context.close()
    server = laboratory.partition("/doc/")[0]
    assert [url for url in asked if not url.startswith((server, "data:", "blob:"))] == []
