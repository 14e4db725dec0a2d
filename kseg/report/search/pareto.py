"""Quality against time and memory: the trials that no other one beats in every respect."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from kseg.report._axes import new_figure
from kseg.report._inline_svg import draw
from kseg.report.content import Chart
from kseg.report.search.content import ParetoLine
from kseg.report.search.files import SearchFiles
from kseg.report.search.marks import Scale, draw_points, off_scale
from kseg.report.search.trials import Trial
from kseg.report.search.words import metric_axis, metric_title
from kseg.words import counted

_SECONDS, _MEMORY = "seconds_per_scan", "memory_gib"
# Where a point's number may stand, in points from its middle, the best place first.
_PLACES = ((5, 4), (5, -10), (-5, 4), (-5, -10), (0, 7), (0, -13))


def pareto_lines(files: SearchFiles) -> tuple[ParetoLine, ...]:
    """Return the trials that no other one beats: as good in every respect and better in one.

    Args:
        files: `SearchFiles`.

    Returns:
        tuple of `ParetoLine`, the highest Dice first.
    """
    best, names = files.trials.best, (quality(files), _SECONDS, _MEMORY)
    front = [trial for trial in files.trials.all if files.dominated.get(trial.number) is False]
    lines = [
        ParetoLine(trial.number, trial is best, *(_metric(trial, name) for name in names))
        for trial in front
    ]
    return tuple(
        sorted(lines, key=lambda line: (math.isnan(line.quality), -line.quality, line.trial))
    )


def pareto_charts(files: SearchFiles) -> tuple[Chart, ...]:
    """Draw the quality against the time that a scan takes.

    Args:
        files: `SearchFiles`.

    Returns:
        tuple of one `Chart`, or none where nothing was measured.
    """
    measure = quality(files)
    shown = [
        trial
        for trial in files.trials.all
        if trial.number in files.dominated
        and math.isfinite(_metric(trial, measure))
        and math.isfinite(_metric(trial, _SECONDS))
    ]
    if not shown:
        return ()
    front = [not files.dominated[trial.number] for trial in shown]
    values = [_metric(trial, measure) for trial in shown]
    scale = Scale.of(values, is_max=True)
    caption = (
        f"{counted(len(shown), 'trial')}, {sum(front)} of them beaten by none: these have their "
        f"number, where there is room. Upwards and to the left is better."
        f"{off_scale(values, scale)}"
    )

    def plot() -> Figure:
        figure, axes = new_figure()
        axes.set_ylabel(metric_axis(measure))
        seconds = [_metric(trial, _SECONDS) for trial in shown]
        _put_seconds(axes, seconds)
        best = shown.index(files.trials.best) if files.trials.best in shown else None
        draw_points(axes, seconds, values, scale, full=front, best=best)
        # Where there is not room for all numbers, the better ones have it.
        named = [at for at in range(len(shown)) if front[at] and scale.holds(values[at])]
        named.sort(key=lambda at: (at != best, -values[at]))
        points = [(seconds[at], values[at]) for at in named]
        _name_points(figure, axes, points, [str(shown[at].number) for at in named])
        return figure

    title = f"{metric_title(measure)[0]} against time per scan"
    return (Chart(title, caption, draw(plot, "chart-pareto", f"{title}. {caption}")),)


def quality(files: SearchFiles) -> str:
    """Return the name of the metric by which quality is judged.

    Args:
        files: `SearchFiles`.

    Returns:
        str, `"val_dice"`, or `"val_accuracy"` for digits, which have no masks.
    """
    return "val_dice" if "val_accuracy" not in files.metrics else "val_accuracy"


def _metric(trial: Trial, name: str) -> float:
    return trial.metrics.get(name, math.nan)


def _put_seconds(axes: Axes, seconds: Sequence[float]) -> None:
    low, high = min(seconds), max(seconds)
    # Twice as slow is the same step everywhere, if the slowest are many times as slow.
    if low > 0 and high / low > 8:
        axes.set_xscale("log")
        steps = (1, 2, 5) if high / low < 50 else (1,)
        axes.xaxis.set_major_locator(LogLocator(subs=steps))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlim(low / 1.2, high * 1.2)
        axes.set_xlabel(f"{metric_axis(_SECONDS)}, by decades")
    else:
        margin = 0.08 * (high - low) or 0.1 * high or 1.0
        axes.set_xlim(max(0.0, low - margin), high + margin)
        axes.set_xlabel(metric_axis(_SECONDS))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _name_points(
    figure: Figure, axes: Axes, points: Sequence[tuple[float, float]], names: Sequence[str]
) -> None:
    """Write numbers beside points, each where it covers no other; one without room is left out."""
    figure.draw_without_rendering()
    pixels = axes.transData.transform(points) if points else []
    scale = figure.dpi / 72
    half = 3 * scale
    taken = [(x - half, y - half, x + half, y + half) for x, y in pixels]
    frame = axes.get_window_extent().bounds
    for (x, y), point, name in zip(pixels, points, names, strict=True):
        for right, up in _PLACES:
            width, height = 5.5 * len(name) * scale, 8 * scale
            left = x + right * scale - (0 if right > 0 else width if right < 0 else width / 2)
            box = (left, y + up * scale, left + width, y + up * scale + height)
            inside = frame[0] <= box[0] and box[2] <= frame[0] + frame[2]
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                side = "left" if right > 0 else "right" if right < 0 else "center"
                axes.annotate(
                    name, point, (right, up), textcoords="offset points", ha=side, fontsize=8
                )
                break


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
