"""The learning curves of all configurations in one drawing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kseg.report._axes import COLOURS, new_figure
from kseg.report._inline_svg import INK, draw
from kseg.report.content import Chart
from kseg.report.search.files import History, SearchFiles
from kseg.report.search.marks import BEST, Scale
from kseg.report.search.trials import Configuration
from kseg.report.search.words import metric_axis, score_axis, score_text
from kseg.words import counted

# So many have a colour and a name of their own; the others are the crowd behind them.
MOST_NAMED = 6
_COLOURS = tuple(colour for colour in COLOURS if colour != BEST)
_HEIGHT_INCHES = 3.5
_DICE = "val_dice"
_SHARE = "share of the whole training, %"


@dataclass(frozen=True)
class Curve:
    """The score of one configuration in the course of its training.

    Args:
        configuration: `Configuration`.
        places: tuple of float, along the horizontal axis.
        scores: tuple of float.
    """

    configuration: Configuration
    places: tuple[float, ...]
    scores: tuple[float, ...]


def curve_charts(files: SearchFiles) -> tuple[Chart, ...]:
    """Draw the score of each configuration against how far its training has come.

    Args:
        files: `SearchFiles`.

    Returns:
        tuple of one `Chart`, or none where no trial has a history.
    """
    metrics, quantity = _measured(files)
    axis = _axis(files.histories.values())
    curves = _curves(files, metrics, axis)
    if not curves:
        return ()
    best = files.trials.best
    best = None if best is None else files.trials.configuration_of(best)
    finals = [curve.scores[-1] for curve in curves]
    seen = [score for curve in curves for score in curve.scores]
    scale = Scale.of(finals, is_max=files.record.is_max, seen=seen)
    title = f"{quantity[0].upper()}{quantity[1:]} in the course of training"
    caption = _caption(curves, best, scale)

    def plot() -> Figure:
        return _figure(curves, best, scale, axis, quantity)

    return (Chart(title, caption, draw(plot, "chart-curves", f"{title}. {caption}")),)


def _measured(files: SearchFiles) -> tuple[Mapping[str, float], str]:
    """Return the metrics that are drawn: those of the score, where training measured them all."""
    metrics = files.record.metrics
    columns = {name for rows in files.histories.values() for row in rows for name in row}
    if set(metrics) <= columns:
        return metrics, score_axis(metrics)
    return {_DICE: 1.0}, metric_axis(_DICE)


def _axis(histories: Sequence[History]) -> str:
    last = [rows[-1] for rows in histories]
    if all(row.get("total_steps", 0) > 0 and row.get("step", 0) > 0 for row in last):
        return _SHARE
    return "step" if all("step" in row for row in last) else "epoch"


def _curves(files: SearchFiles, metrics: Mapping[str, float], axis: str) -> list[Curve]:
    """Return the curves, that of the best configuration first."""
    curves = []
    for trial in files.trials.ranked:
        configuration = files.trials.configuration_of(trial)
        rows = files.histories.get(configuration.number, ())
        if trial is not configuration.last or not rows:
            continue
        # A budget may have changed the number of steps on the way: the last one holds.
        whole = rows[-1].get("total_steps", math.nan) / 100
        points = []
        for number, row in enumerate(rows, start=1):
            score = sum(weight * row.get(name, math.nan) for name, weight in metrics.items())
            place = row["step"] / whole if axis == _SHARE else row.get(axis, number)
            if math.isfinite(score) and math.isfinite(place):
                points.append((place, score))
        if points:
            curves.append(Curve(configuration, *map(tuple, zip(*points, strict=True))))
    return curves


def _caption(curves: Sequence[Curve], best: Configuration | None, scale: Scale) -> str:
    many = len(curves) > MOST_NAMED
    caption = f"Each line is one configuration, {len(curves)} in all"
    caption += f"; the {MOST_NAMED} best have a colour. " if many else ". "
    shown = next((curve for curve in curves if curve.configuration is best), None)
    if shown is not None:
        start, end = score_text(shown.scores[0]), score_text(shown.scores[-1])
        caption += f"The thick line is the best, trial {best.last.number}: from {start} to {end}. "
    caption += "A dot is where a training ended."
    lost = sum(not any(map(scale.holds, curve.scores)) for curve in curves)
    if lost:
        were = "line lies" if lost == 1 else "lines lie"
        caption += f" {lost} {were} wholly outside of the scale drawn."
    return caption


def _figure(
    curves: Sequence[Curve],
    best: Configuration | None,
    scale: Scale,
    axis: str,
    quantity: str,
) -> Figure:
    figure, axes = new_figure(_HEIGHT_INCHES)
    axes.set_xlabel(axis)
    axes.set_ylabel(quantity)
    farthest = max(max(curve.places) for curve in curves)
    axes.set_xlim(0, 103 if axis == _SHARE else 1.03 * farthest)
    scale.put_on(axes)
    colours = iter(_COLOURS)
    handles, names = [], []
    for index, curve in enumerate(curves):
        is_best, is_named = curve.configuration is best, index < MOST_NAMED
        colour = BEST if is_best else next(colours) if is_named else INK
        look = {"color": colour, "linewidth": 2.6 if is_best else 1.4 if is_named else 0.8}
        look |= {"zorder": 5 if is_best else 4 if is_named else 2}
        look |= {} if is_named else {"alpha": 0.3}
        axes.plot(curve.places, curve.scores, **look)
        # A training that was looked at once has no line, only its end.
        axes.plot(
            curve.places[-1:], curve.scores[-1:], "o", markersize=4 if is_named else 2, **look
        )
        if is_named:
            handles.append(Line2D([], [], color=colour, linewidth=look["linewidth"]))
            names.append(f"trial {curve.configuration.last.number}{' (best)' if is_best else ''}")
    if len(curves) > MOST_NAMED:
        handles.append(Line2D([], [], color=INK, alpha=0.3, linewidth=0.8))
        names.append(counted(len(curves) - MOST_NAMED, "other"))
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=8)
    return figure
