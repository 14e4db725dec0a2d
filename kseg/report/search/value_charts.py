"""For each key of the space: the score of every configuration against the value that it had."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from kseg.report._axes import jitter, new_figure, short
from kseg.report._inline_svg import INK, draw
from kseg.report.content import Chart
from kseg.report.search.files import SearchFiles
from kseg.report.search.marks import Scale, draw_points, off_scale
from kseg.report.search.space import MOST_NAMED, Dimension, as_number
from kseg.report.search.trials import Configuration
from kseg.report.search.words import score_axis
from kseg.words import counted

_WIDTH_INCHES, _HEIGHT_INCHES = 3.3, 2.5
_LONGEST_CHOICE = 16
# More letters than these side by side would run into one another.
_MOST_LETTERS = 40


def value_charts(files: SearchFiles) -> tuple[Chart, ...]:
    """Draw the scores against the values of each key.

    Args:
        files: `SearchFiles`.

    Returns:
        tuple of `Chart`, one for each key of which some configuration has a value and a score.
    """
    scored = [each for each in files.trials.configurations if each.last.is_scored]
    if not scored:
        return ()
    scale = Scale.of([each.last.score for each in scored], is_max=files.record.is_max)
    charts = []
    for number, dimension in enumerate(files.record.space):
        shown = [each for each in scored if _is_shown(dimension, each)]
        if shown:
            charts.append(_chart(files, dimension, shown, scale, f"chart-value{number}"))
    return tuple(charts)


def _is_shown(dimension: Dimension, configuration: Configuration) -> bool:
    value = configuration.values.get(dimension.key, "")
    return math.isfinite(as_number(value)) if dimension.is_number else bool(value)


def _chart(
    files: SearchFiles,
    dimension: Dimension,
    shown: Sequence[Configuration],
    scale: Scale,
    prefix: str,
) -> Chart:
    scores = [each.last.score for each in shown]
    best = files.trials.best
    best = None if best is None else files.trials.configuration_of(best)
    values = [each.values[dimension.key] for each in shown]
    base = files.record.base.get(dimension.key, "")
    caption = f"{counted(len(shown), 'configuration')}."
    if best in shown:
        caption += f" Best: {_brief(values[shown.index(best)])}."
    caption += f" Base recipe: {_brief(base)}." if base else ""
    caption += off_scale(scores, scale)

    def plot() -> Figure:
        figure, axes = new_figure(_HEIGHT_INCHES, _WIDTH_INCHES)
        axes.set_ylabel(score_axis(files.record.metrics))
        name = dimension.key.rpartition(".")[2]
        axes.set_xlabel(short(f"{name}, by decades" if dimension.is_log else name, 40))
        places, base_place = _put_on_axis(axes, dimension, values, base)
        full = [files.trials.is_longest(each.last) for each in shown]
        at = shown.index(best) if best in shown else None
        if base_place is not None:
            axes.axvline(base_place, color=INK, linewidth=1, linestyle=(0, (4, 3)), alpha=0.7)
        draw_points(axes, places, scores, scale, full=full, best=at)
        return figure

    svg = draw(plot, prefix, f"Score by {dimension.key}. {caption}")
    return Chart(dimension.key, caption, svg)


def _put_on_axis(
    axes: Axes, dimension: Dimension, values: Sequence[str], base: str
) -> tuple[list[float], float | None]:
    """Set the horizontal axis, and return where the values and that of the base recipe stand."""
    if not dimension.is_number:
        return _put_choices(axes, dimension, values, base)
    places, at = [as_number(value) for value in values], as_number(base)
    low, high = min(dimension.low, *places), max(dimension.high, *places)
    if math.isfinite(at) and (at > 0 or not dimension.is_log):
        low, high = min(low, at), max(high, at)
    if dimension.is_log:
        margin = (high / low) ** 0.06 if high > low else 1.5
        axes.set_xscale("log")
        axes.set_xlim(low / margin, high * margin)
        decades = math.log10(high / low)
        steps = (1, 2, 5) if decades < 1.3 else (1, 3) if decades < 2.2 else (1,)
        axes.xaxis.set_major_locator(LogLocator(subs=steps))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        margin = 0.06 * (high - low) or 0.5
        if dimension.kind == "int" and high - low < MOST_NAMED:
            places, margin = _apart(places), max(margin, 0.4)
        axes.set_xlim(low - margin, high + margin)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=dimension.kind == "int"))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    return places, at if low <= at <= high else None


def _put_choices(
    axes: Axes, dimension: Dimension, values: Sequence[str], base: str
) -> tuple[list[float], float | None]:
    names = list(dict.fromkeys((*dimension.choices, *values, *filter(None, [base]))))
    written = [short(name, _LONGEST_CHOICE) for name in names]
    axes.set_xlim(-0.6, len(names) - 0.4)
    is_tight = len(names) * (2 + max(map(len, written))) >= _MOST_LETTERS
    slant = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if is_tight else {}
    axes.set_xticks(range(len(names)), written, fontsize=8, **slant)
    axes.xaxis.grid(False)
    places = _apart([float(names.index(value)) for value in values])
    return places, float(names.index(base)) if base else None


def _apart(places: Sequence[float]) -> list[float]:
    """Move points of one place a little to its sides, so that all of them can be seen."""
    moved = list(places)
    for place in dict.fromkeys(places):
        members = [index for index, other in enumerate(places) if other == place]
        for index, shift in zip(members, jitter(len(members)), strict=True):
            moved[index] = place + float(shift)
    return moved


def _brief(value: str) -> str:
    number = as_number(value)
    return short(value, 60) if math.isnan(number) else f"{number:.4g}"
