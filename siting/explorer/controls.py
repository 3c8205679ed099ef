"""The sliders, switches and fields of the explorer, and the overrides that they stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from siting.analysis._words import plain_name
from siting.explorer.ranges import MOST_SITES, Number, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from siting.blocks import Block
    from siting.model import Model

_WIDE = {"width": "98%"}
_NARROW_LABEL = {"description_width": "38%"}
_DECADES = 2
"""How many powers of ten a rate in EUR can be moved either way."""


@dataclass(eq=False)
class Control:
    """One thing that can be moved.

    Attributes
    ----------
    path : tuple of str
        Where its value stands in the overrides, from the outside in.
    base : object
        Value in the model as given.
    widget : ipywidgets.Widget
        With `value`.
    read : callable
        From the value of the widget to that of a model file.
    show : callable
        The other way.
    """

    path: tuple[str, ...]
    base: Any
    widget: Any
    read: Callable[[Any], Any] = field(default=lambda value: value)
    show: Callable[[Any], Any] = field(default=lambda value: value)

    @property
    def value(self) -> Any:
        """What it stands at, as a model file says it; the base itself where it was not moved."""
        return self.base if self.widget.value == self.show(self.base) else self.read(self.widget.value)

    def reset(self) -> None:
        """Move it back."""
        self.widget.value = self.show(self.base)


@dataclass(eq=False)
class BlockControls:
    """The switch of a rule or exclusion, and its numbers.

    Attributes
    ----------
    enabled : ipywidgets.Checkbox
        Whether the rule holds.
    numbers : dict of str to ipywidgets.Widget
        A slider per number, by the name of the option.
    controls : list of Control
        The same, as controls.
    widget : ipywidgets.VBox
        All of it.
    """

    enabled: Any
    numbers: dict[str, Any]
    controls: list[Control]
    widget: Any


def weight_controls(model: Model) -> dict[str, Control]:
    """Return a slider for the weight of each criterion; one that is switched off stands at 0.

    Parameters
    ----------
    model : Model
        The base.

    Returns
    -------
    dict of str to Control
        By criterion.
    """
    import ipywidgets

    weights = {name: block.weight if block.enabled else 0.0 for name, block in model.criteria.items()}
    most = max(1.0, 2.0 * max(weights.values()))
    found = {}
    for name, weight in weights.items():
        slider = ipywidgets.FloatSlider(
            value=weight,
            min=0.0,
            max=most,
            step=most / 100,
            description=plain_name(name),
            tooltip=f"weight of {plain_name(name)}, from 0 to {most:g}; only the proportions of the weights count",
            readout_format=".2f",
            style=_NARROW_LABEL,
            layout=_WIDE,
        )
        found[name] = Control(("weights", name), weight, slider, _rounded)
    return found


def rate_controls(model: Model) -> dict[str, Control]:
    """Return a slider for what a unit of each criterion is worth, on a scale of powers of ten.

    Parameters
    ----------
    model : Model
        The base.

    Returns
    -------
    dict of str to Control
        By criterion; only enabled ones whose rate is stated and above 0.
    """
    import ipywidgets

    found = {}
    for name, block in model.active_criteria.items():
        rate = block.eur_per_unit
        if not rate:
            continue
        power = math.log10(rate)
        slider = ipywidgets.FloatLogSlider(
            value=rate,
            base=10,
            min=power - _DECADES,
            max=power + _DECADES,
            step=0.02,
            description=plain_name(name),
            tooltip=f"EUR per year that one unit of {plain_name(name)} is worth",
            readout=False,
            style=_NARROW_LABEL,
            layout=_WIDE,
        )
        found[name] = Control(("criteria", name, "eur_per_unit"), rate, slider, _rounded)
    return found


def objective_control(model: Model, rates: dict[str, Control]) -> Control | None:
    """Return the choice between weights and EUR per year, None where the model allows only one of them."""
    import ipywidgets

    blocks = model.active_criteria.values()
    monetised_too = all(block.eur_per_unit is not None for block in blocks) and bool(rates)
    scaled = model.normalisation != "fixed" or all(block.scale is not None for block in blocks)
    weighted_too = scaled and any(block.weight > 0 for block in blocks)
    if not (monetised_too and weighted_too):
        return None
    buttons = ipywidgets.ToggleButtons(
        options=[("by weights", "weighted"), ("in EUR per year", "monetised")],
        value=model.objective,
        description="criteria add up",
        tooltips=["criteria are scaled and weighed", "what one unit of each criterion is worth"],
        style={"button_width": "11em"},
    )
    return Control(("objective",), model.objective, buttons)


def sites_control(model: Model) -> Control:
    """Return the slider for the number of sites; of two ends where the model has a range."""
    import ipywidgets

    options = {"min": 1, "description": "number of sites", "style": _NARROW_LABEL, "layout": _WIDE}
    options["tooltip"] = "how many sites are chosen"
    if isinstance(model.sites, int):
        slider = ipywidgets.IntSlider(value=model.sites, max=max(MOST_SITES, 2 * model.sites), **options)
        return Control(("sites",), model.sites, slider)
    slider = ipywidgets.IntRangeSlider(value=model.sites, max=max(MOST_SITES, 2 * model.sites[1]), **options)
    return Control(("sites",), model.sites, slider, list)


def block_controls(model: Model, table: str) -> dict[str, BlockControls]:
    """Return switch and sliders of every rule, or every exclusion, derived from what its block states.

    Parameters
    ----------
    model : Model
        The base.
    table : {"rules", "exclusions"}
        Which blocks.

    Returns
    -------
    dict of str to BlockControls
        By the name of the block.
    """
    import ipywidgets

    sites = model.sites if isinstance(model.sites, int) else model.sites[1]
    found = {}
    blocks: dict[str, Block] = getattr(model, table)
    for name, block in blocks.items():
        switch = ipywidgets.Checkbox(
            value=block.enabled, description=plain_name(block.name or name), indent=False, layout=_WIDE
        )
        switch.tooltip = f"whether {plain_name(block.name or name)} holds"
        controls = [Control((table, name, "enabled"), block.enabled, switch)]
        numbers = {}
        for number in numbers_of(block, model.case, sites):
            slider = _slider(number, block.name or name)
            slider.disabled = not block.enabled
            numbers[number.key] = slider
            controls.append(Control((table, name, number.key), number.value, slider, _reader(number)))
        switch.observe(_switching(list(numbers.values())), "value")
        parts = [switch, *_remark(block), *numbers.values()]
        box = ipywidgets.VBox(parts, layout={"margin": "0 0 6px 0"})
        found[name] = BlockControls(switch, numbers, controls, box)
    return found


def overrides_of(controls: Iterator[Control]) -> dict[str, Any]:
    """Return the overrides that controls stand for: only what differs from the base.

    Parameters
    ----------
    controls : iterator of Control
        Those that count.

    Returns
    -------
    dict
        As `siting.solve` takes it.
    """
    changed: dict[str, Any] = {}
    for control in controls:
        if control.value == control.base:
            continue
        table = changed
        for key in control.path[:-1]:
            table = table.setdefault(key, {})
        table[control.path[-1]] = control.value
    for name in ("rules", "exclusions"):
        for block, entries in changed.get(name, {}).items():
            # A block that is only switched is written as people write it: spacing = false.
            if set(entries) == {"enabled"}:
                changed[name][block] = entries["enabled"]
    return changed


def _slider(number: Number, name: str) -> Any:
    import ipywidgets

    common: dict[str, Any] = {
        "description": number.label,
        "tooltip": f"{number.label} of {plain_name(name)}",
        "style": _NARROW_LABEL,
        "layout": {"width": "94%", "margin": "0 0 0 4%"},
    }
    if number.choices:
        options = [(f"{choice:g}", choice) for choice in number.choices]
        return ipywidgets.Dropdown(options=options, value=number.value, **common)
    ends = {"value": number.value, "min": number.low, "max": number.high, "step": number.step}
    if number.is_whole:
        return ipywidgets.IntSlider(**ends, **common)
    decimals = max(0, -math.floor(math.log10(number.step)))
    return ipywidgets.FloatSlider(**ends, readout_format=f".{decimals}f", **common)


def _remark(block: Block) -> list[Any]:
    """Return what a block says besides numbers, such as its regions, as a line of text."""
    import ipywidgets

    skipped = ("kind", "enabled", "name")
    words = [
        f"{plain_name(key)}: {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
        for key, value in block.written().items()
        if key not in skipped and (isinstance(value, str | dict | list | tuple | bool))
    ]
    return [ipywidgets.Label("; ".join(words), layout={"margin": "0 0 0 4%"})] if words else []


def _switching(sliders: list[Any]) -> Callable[[Any], None]:
    def switch(change: Any) -> None:
        for slider in sliders:
            slider.disabled = not change["new"]

    return switch


def _reader(number: Number) -> Callable[[Any], Any]:
    return int if number.is_whole else _rounded


def _rounded(value: float) -> float:
    """Return a number of a slider without the noise of binary steps."""
    return float(f"{value:.6g}")
