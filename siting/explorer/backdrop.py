"""What lies behind the candidates: sea, the net of meridians and parallels, and the countries around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from siting import data
from siting.explorer.outlines import path
from siting.geography import PROJECTED
from siting.maps.frame import clipped, graticule
from siting.maps.style import LIGHT

if TYPE_CHECKING:
    from siting.explorer.outlines import Canvas
    from siting.maps.frame import Frame


def backdrop(frame: Frame, canvas: Canvas) -> str:
    """Return sea, graticule and neighbouring countries as SVG.

    Parameters
    ----------
    frame : Frame
        What the map shows, in EPSG:3035.
    canvas : Canvas
        Where it stands.

    Returns
    -------
    str
        SVG elements.

    Examples
    --------
    >>> from siting.explorer.outlines import Canvas
    >>> from siting.maps.frame import EUROPE
    >>> backdrop(EUROPE, Canvas(EUROPE.left, EUROPE.top, 1e-3)).startswith("<rect")
    True
    """
    wide, tall = (round(length * canvas.scale) for length in (frame.width, frame.height))
    land = clipped(data.neighbours().to_crs(PROJECTED).geometry, frame, tolerance=frame.width / 1600)
    around = "".join(path(shape, canvas) for shape in land)
    return (
        f'<rect width="{wide}" height="{tall}" fill="{LIGHT.sea}"/>'
        f'<path class="graticule" d="{path(graticule(frame), canvas)}"/>'
        f'<path class="around" d="{around}"/>'
    )
