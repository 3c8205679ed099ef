"""Pictures of every kind of map, compared with what they looked like when somebody judged them by eye.

`pytest tests/test_maps_images.py --mpl-generate-path=tests/baseline` draws the baselines anew; look at them then.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import matplotlib as mpl
import matplotlib.style
import pytest
from drawn import drawn, small_solution
from matplotlib.testing.compare import compare_images

from siting import maps
from siting.maps import annotation, exclusions, latency, layers, page, panel, service

BASELINES = Path(__file__).parent / "baseline"
#: Root mean square difference of the colours, 0 to 255. Without the smallest layer, two markers, it is 2.2.
TOLERANCE = 1.5
SAVED = {"dpi": 50, "metadata": {"Software": None}}
_COMPARED = pytest.mark.mpl_image_compare(
    baseline_dir="baseline", tolerance=TOLERANCE, savefig_kwargs=SAVED, style="default"
)


@_COMPARED
@pytest.mark.parametrize("kind", maps.KINDS)
def test_kind(kind):
    """In the style for screens, in English, on a sheet in landscape."""
    return drawn(small_solution(), kind)


@_COMPARED
@pytest.mark.parametrize("kind", ["portfolio", "service", "exclusions"])
def test_print(kind):
    """In greyscale, in Italian, on a sheet in portrait."""
    return drawn(small_solution(), kind, style="print", language="it", orientation="portrait")


#: Kind, where a layer is drawn from, and the name of what draws it there.
LAYERS = [
    ("portfolio", layers, "service"),
    ("portfolio", layers, "backdrop"),
    ("portfolio", layers, "site_markers"),
    ("portfolio", annotation, "_write"),
    ("portfolio", panel, "_served"),
    ("score", layers, "chosen_outlines"),
    ("score", layers, "fill"),
    ("latency", latency, "outline"),
    ("latency", latency, "fill"),
    ("service", service, "fill"),
    ("service", service, "outline"),
    ("exclusions", exclusions, "hatch"),
    ("exclusions", exclusions, "fill"),
    ("alternatives", layers, "outline"),
    ("robustness", page, "place_blocks"),
]


@pytest.mark.parametrize(("kind", "module", "name"), LAYERS)
def test_a_picture_without_one_of_its_layers_is_noticed(kind, module, name, monkeypatch, tmp_path):
    """The comparison is worth something: with a layer left out the difference exceeds the tolerance."""
    monkeypatch.setattr(module, name, MagicMock())
    picture = tmp_path / f"{kind}.png"
    with mpl.style.context("default"):
        drawn(small_solution(), kind).savefig(picture, **SAVED)
    assert compare_images(str(BASELINES / f"test_kind_{kind}.png"), str(picture), tol=TOLERANCE) is not None
