"""Curves of a training, and how the scores of a judgement are spread, as drawings for the page."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kseg.evaluate import LabelScore
from kseg.report._inline_svg import INK, draw, printable
from kseg.report.content import Chart
from kseg.words import counted

if TYPE_CHECKING:
    from pandas import DataFrame

# Okabe and Ito's colours that stand out from white and from black, the strongest first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", ":", "-.")
_WIDTH_INCHES, _HEIGHT_INCHES = 4.8, 2.9
_ROW_INCHES, _LEGEND_ROW_INCHES = 0.34, 0.17
_LONGEST_NAME = 28
_SCORE, _LABEL_SCORE = "val_dice", "val_dice_"
# Fewer values than these are shown one by one, and a box would say more than is known.
_BOX_FROM = 5
# More points than these are a smear, and a page of megabytes.
_POINTS_TO = 250

_Curve = tuple[list[float], list[float]]


def history_charts(
    history: "DataFrame | Sequence[Mapping[str, float | None]]",
) -> tuple[Chart, ...]:
    """Draw the loss, the validation and the learning rate of a training.

    Args:
        history: rows of `history.csv`, one for each epoch; None or NaN where nothing was measured.

    Returns:
        tuple of `Chart`, only of what was measured at all.

    Example:
        >>> rows = [{"epoch": 1, "loss": 1.5, "val_dice": None}, {"epoch": 2, "loss": 0.5}]
        >>> [chart.title for chart in history_charts(rows)]
        ['Loss']

    Reference:
        Okabe & Ito, Color Universal Design, 2008: the colours.
    """
    rows = history.to_dict("records") if hasattr(history, "to_dict") else list(history)
    curves = {column: _curve(rows, column) for column in dict.fromkeys(k for r in rows for k in r)}
    curves = {column: curve for column, curve in curves.items() if curve[0]}
    charts = (_loss_chart(curves), _validation_chart(curves), _rate_chart(curves))
    return tuple(chart for chart in charts if chart is not None)


def score_charts(scores: Iterable[LabelScore], labels: Sequence[str]) -> tuple[Chart, ...]:
    """Draw how Dice is spread over the cases, label by label.

    Args:
        scores: `LabelScore`s; those without Dice are left out.
        labels: names of the labels, in the order in which they are to be read.

    Returns:
        tuple of one `Chart`, or none without a score.

    Example:
        >>> scores = [LabelScore(f"case_{n}", "", "liver", dice=0.9 + n / 100) for n in range(3)]
        >>> score_charts(scores, ["liver"])[0].caption
        'Each point is a case. Median Dice: liver 0.910 (3 cases).'
    """
    spread: dict[str, list[float]] = {label: [] for label in labels}
    for score in scores:
        if score.label in spread and math.isfinite(score.dice):
            spread[score.label].append(score.dice)
    spread = {label: values for label, values in spread.items() if values}
    if not spread:
        return ()
    medians = ", ".join(
        f"{label} {np.median(values):.3f} ({counted(len(values), 'case')})"
        for label, values in spread.items()
    )
    largest = max(map(len, spread.values()))
    points = "" if largest > _POINTS_TO else "Each point is a case. "
    boxes = "" if largest < _BOX_FROM else "The boxes hold the middle half. "
    caption = f"{points}{boxes}Median Dice: {medians}."
    svg = draw(lambda: _spread_figure(spread), "chart-scores", f"Dice by label. {caption}")
    return (Chart("Dice by label", caption, svg),)


def _loss_chart(curves: Mapping[str, _Curve]) -> Chart | None:
    if "loss" not in curves:
        return None
    shown = {"loss": curves["loss"]}
    epochs, losses = shown["loss"]
    lowest = int(np.argmin(losses))
    caption = (
        f"Training loss from {losses[0]:.3g} to {losses[-1]:.3g} in "
        f"{counted(round(epochs[-1]), 'epoch')}, lowest {losses[lowest]:.3g} in epoch "
        f"{epochs[lowest]:g}."
    )
    dice = curves.get("patch_dice")
    if dice:
        caption += f" Dice on the training patches, dashed: {dice[1][-1]:.3g} at the end."

    def plot() -> Figure:
        figure, axes = _epoch_figure("loss", epochs)
        handles = [_line(axes, shown["loss"], COLOURS[0])]
        names = ["loss"]
        if dice:
            beside = axes.twinx()
            beside.spines["right"].set_visible(True)
            beside.set_ylabel("patch Dice")
            handles.append(_line(beside, dice, COLOURS[1], dashes="--"))
            names.append("patch Dice")
            _legend(axes, handles, names)
        return figure

    return Chart("Loss", caption, draw(plot, "chart-loss", f"Loss. {caption}"))


def _validation_chart(curves: Mapping[str, _Curve]) -> Chart | None:
    found = {
        key.removeprefix(_LABEL_SCORE): curve
        for key, curve in curves.items()
        if key.startswith(_LABEL_SCORE)
    }
    mean = curves.get(_SCORE)
    if not mean and not found:
        return None
    epochs, values = mean or next(iter(found.values()))
    best = int(np.argmax(values))
    caption = (
        f"Dice on whole validation cases, {counted(len(values), 'time')} during training: "
        f"{'mean over labels ' if mean else ''}{values[-1]:.3f} at the end, "
        f"highest {values[best]:.3f} in epoch {epochs[best]:g}."
    )

    def plot() -> Figure:
        figure, axes = _epoch_figure("validation Dice", epochs)
        handles, names = [], []
        for index, (name, curve) in enumerate(found.items()):
            colour, marker, dashes = _look(index)
            handles.append(_line(axes, curve, colour, dashes=dashes, marker=marker))
            names.append(name)
        if mean:
            handles.append(_line(axes, mean, INK, marker="o", width=2.4))
            names.append("mean")
        _legend(axes, handles, names)
        return figure

    return Chart("Validation", caption, draw(plot, "chart-dice", f"Validation. {caption}"))


def _rate_chart(curves: Mapping[str, _Curve]) -> Chart | None:
    if "learning_rate" not in curves:
        return None
    rates = curves["learning_rate"][1]
    low, high = min(rates), max(rates)
    # A schedule that ends at zero would have no end on a scale of decades.
    is_log = low > 0 and high / low > 10
    caption = (
        f"Learning rate at the end of each epoch, from {rates[0]:.3g} to {rates[-1]:.3g}, "
        f"highest {high:.3g}{'; a scale of decades' if is_log else ''}."
    )

    def plot() -> Figure:
        figure, axes = _epoch_figure("learning rate", curves["learning_rate"][0])
        _line(axes, curves["learning_rate"], COLOURS[2])
        if is_log:
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(lambda *_: "")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        return figure

    return Chart("Learning rate", caption, draw(plot, "chart-rate", f"Learning rate. {caption}"))


def _spread_figure(spread: Mapping[str, Sequence[float]]) -> Figure:
    height = 0.7 + _ROW_INCHES * len(spread)
    figure, axes = _figure(height)
    axes.set_xlabel("Dice")
    lowest = min(min(values) for values in spread.values())
    axes.set_xlim(0 if lowest < 0.5 else lowest - 0.1 * (1 - lowest) - 0.005, 1.005)
    for row, values in enumerate(spread.values()):
        colour = COLOURS[row % len(COLOURS)]
        if len(values) >= _BOX_FROM:
            ink = {"color": INK, "linewidth": 1}
            axes.boxplot(
                values,
                positions=[row],
                orientation="horizontal",
                widths=0.62,
                manage_ticks=False,
                showfliers=len(values) > _POINTS_TO,
                flierprops={"marker": ".", "markersize": 3, "markeredgecolor": INK},
                medianprops={**ink, "linewidth": 2},
                boxprops=ink,
                whiskerprops=ink,
                capprops=ink,
            )
        if len(values) <= _POINTS_TO:
            axes.plot(values, row + _jitter(len(values)), "o", color=colour, markersize=3.4)
    axes.set_yticks(range(len(spread)), [_short(label) for label in spread])
    axes.set_ylim(len(spread) - 0.4, -0.6)
    axes.yaxis.grid(False)
    return figure


def _jitter(count: int) -> np.ndarray:
    # Multiples of the golden ratio lie apart without any chance, so the drawing stays the same.
    return (np.arange(count) * 0.618034 % 1 - 0.5) * 0.4 if count > 1 else np.zeros(1)


def _figure(height_inches: float = _HEIGHT_INCHES) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(alpha=0.2)
    axes.set_axisbelow(True)
    return figure, axes


def _epoch_figure(quantity: str, epochs: Sequence[float]) -> tuple[Figure, Axes]:
    figure, axes = _figure()
    axes.set_xlabel("epoch")
    axes.set_ylabel(quantity)
    axes.set_xlim(0, max(2.0, 1.02 * epochs[-1]))
    axes.xaxis.get_major_locator().set_params(integer=True)
    return figure, axes


def _line(axes: Axes, curve: _Curve, colour: str, *, dashes="-", marker=None, width=1.4):
    epochs, values = curve
    if marker is None and len(epochs) == 1:
        marker = "o"
    shown = {"color": colour, "linestyle": dashes, "linewidth": width, "markersize": 3.6}
    return axes.plot(epochs, values, marker=marker, **shown)[0]


def _look(index: int) -> tuple[str, str, str]:
    dashes = _DASHES[index // len(COLOURS) % len(_DASHES)]
    return COLOURS[index % len(COLOURS)], _MARKERS[index % len(_MARKERS)], dashes


def _legend(axes: Axes, handles: Sequence, names: Sequence[str]) -> None:
    columns = max(1, min(len(names), 62 // (6 + max(map(len, map(_short, names))))))
    figure = axes.figure
    # Beside the curves there is no room for it on a phone, and the curves keep their height.
    rows = math.ceil(len(names) / columns)
    figure.set_figheight(_HEIGHT_INCHES + _LEGEND_ROW_INCHES * (rows - 1))
    legend = figure.legend(
        handles, ["-"] * len(names), loc="outside lower center", ncols=columns, fontsize=8
    )
    # Set afterwards: a legend takes a name with a leading `_` for one to be hidden.
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(_short(name))


def _short(name: str) -> str:
    name = printable(name)
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _curve(rows: Sequence[Mapping[str, float | None]], column: str) -> _Curve:
    """Return epochs and values where there is a value."""
    points = []
    for number, row in enumerate(rows, start=1):
        value = row.get(column)
        if isinstance(value, int | float) and math.isfinite(value):
            points.append((float(row.get("epoch") or number), float(value)))
    return [epoch for epoch, _ in points], [value for _, value in points]
