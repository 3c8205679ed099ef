"""Driving the page of an interactive map in a test: where things stand, and what the page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

DATE = "22 November 2026"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def position(page: Page, identifier: str) -> int:
    """Return the place of a candidate among those of the page."""
    return int(page.evaluate("name => siting.candidates.identifiers.indexOf(name)", identifier))


def mark(page: Page, identifier: str) -> Any:
    """Return the shape of a candidate."""
    return page.locator(f"path.candidate[data-candidate='{position(page, identifier)}']")


def zoom(page: Page) -> float:
    """Return how far the map is zoomed in, in pixels per unit."""
    return float(page.evaluate("d3.zoomTransform(document.querySelector('.canvas')).k"))


def zoomed_beyond(page: Page, least: float) -> None:
    """Wait until the map is zoomed in further than this; the page's policy forbids Playwright's own way to wait."""
    for _ in range(200):
        if zoom(page) > least:
            return
        page.wait_for_timeout(25)
    pytest.fail(f"the map was not zoomed in beyond {least:g} pixels per unit")


def choose_layer(page: Page, key: str) -> None:
    """Choose what the map shows, as a person does."""
    index = page.evaluate("key => siting.content.layers.findIndex((layer) => layer.key === key)", key)
    page.select_option("#layer", str(index))


def detail(page: Page) -> dict[str, str]:
    """Return what the details say, label to text; of labels used twice the first."""
    rows = page.eval_on_selector_all(
        "#details dl > div",
        "rows => rows.map((row) => [row.querySelector('dt').textContent, row.querySelector('dd').textContent])",
    )
    return dict(reversed(rows))


def figure(text: str) -> float:
    """Return the number at the start of a text as the page writes it."""
    return float(re.match(r"[−\d.,]+", text)[0].replace(",", "").replace("−", "-"))


def selected(page: Page) -> str | None:
    """Return the identifier of the selected candidate."""
    return page.evaluate("siting.candidates.identifiers[siting.state.selected] ?? null")
