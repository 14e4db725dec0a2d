"""Three slices of a case with the outlines of truth and prediction, and which cases to show."""

import base64
import html
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from kseg.evaluate import EvaluatedLabel, LabelScore
from kseg.report.content import Plane
from kseg.report.outlines import outline_path

# Air further than this from anything to be seen is cut away.
MARGIN_MM = 10.0
# Noise and the scanner's table fill less of a slice of air than this.
_CONTENT_SHARE = 0.005
_LONGEST_SIDE = 512
_PNG_BYTES = 100_000
_PERCENTILES = (1.0, 99.0)
# More grey values than this tell no more about their percentiles.
_SAMPLES = 1_000_000
# Of a page without style: Okabe and Ito's sky blue and orange.
_STROKES = {"truth": "#56B4E9", "predicted": "#E69F00"}


@dataclass(frozen=True)
class _View:
    """How one plane is looked at; rows and columns of the slice are shown the other way round.

    Args:
        name: str.
        axis: int, axis of (z, y, x) that the slices are counted along.
        letters: str, what lies to the left, right, top and bottom.
        since: str, where slices are counted from, where the position is not known.
        directions: str, letters for a negative and a positive position.
    """

    name: str
    axis: int
    letters: str
    since: str
    directions: str


# Radiologists look from the feet, from the front, and from the patient's left: with x to the
# Right, y to Anterior and z to Superior that is the reverse of both axes in all three planes.
_VIEWS = (
    _View("axial", 0, "RLAP", "above the lowest", "IS"),
    _View("coronal", 1, "RLSI", "in front of the hindmost", "PA"),
    _View("sagittal", 2, "APSI", "to the right of the leftmost", "LR"),
)


def case_planes(
    image_zyx: np.ndarray | None,
    truth_zyx: np.ndarray,
    predicted_zyx: np.ndarray,
    spacing_mm: Sequence[float],
    labels: Sequence[EvaluatedLabel],
    window: tuple[float, float] | None = None,
    *,
    affine: np.ndarray | None = None,
) -> tuple[Plane, Plane, Plane]:
    """Draw the axial, coronal and sagittal slice in which the masks differ most.

    Where they agree everywhere, it is the slice that shows most of the labels.

    Args:
        image_zyx: (z, y, x) array, or None to draw outlines on black.
        truth_zyx: (z, y, x) array of mask values.
        predicted_zyx: (z, y, x) array of mask values.
        spacing_mm: 3 floats, mm along (z, y, x).
        labels: `EvaluatedLabel`s; the first one's paths have the class `label-1`.
        window: grey values shown as black and as white; None takes the 1st and 99th percentile.
        affine: (4, 4) array, voxel (x, y, z) -> RAS mm, to say where the slices lie.

    Returns:
        3 `Plane`s.

    Raises:
        ValueError: if the arrays have not one shape of 3 axes.

    Example:
        >>> mask = np.zeros((4, 6, 6), np.uint8)
        >>> mask[2, 2:4, 2:4] = 1
        >>> planes = case_planes(None, mask, mask, (3, 1, 1), [EvaluatedLabel("liver", (1,))])
        >>> planes[0].caption
        'slice 3 of 4, 6.0 mm above the lowest; the masks agree, and the labels are largest here'
    """
    shapes = {array.shape for array in (image_zyx, truth_zyx, predicted_zyx) if array is not None}
    if len(shapes) != 1 or truth_zyx.ndim != 3:
        raise ValueError(f"all arrays must have one shape (z, y, x). Received: shapes={shapes}.")
    spacing = tuple(float(step) for step in spacing_mm)
    members = _membership(truth_zyx, predicted_zyx, labels)
    differ, labelled = members[0] != members[1], (members[0] > 0) | (members[1] > 0)
    box = _content_box(image_zyx, labelled, spacing, window)
    if image_zyx is not None:
        window = window or _percentiles(image_zyx[box])
    planes = []
    for view in _VIEWS:
        others = tuple(axis for axis in range(3) if axis != view.axis)
        differing, labelling = differ.sum(axis=others), labelled.sum(axis=others)
        index = int(np.lexsort((-labelling, -differing))[0])
        area_mm2 = differing[index] * math.prod(spacing[axis] for axis in others)
        caption = _caption(view, index, truth_zyx.shape, spacing, affine)
        caption += f"; {_reason(area_mm2, bool(labelling[index]))}"
        cut = tuple(index if axis == view.axis else box[axis] for axis in range(3))
        grey = None if image_zyx is None else _to_grey(image_zyx[cut], window)
        pair = (truth_zyx[cut], predicted_zyx[cut])
        pixel_mm = tuple(spacing[axis] for axis in others)
        title = f"{view.name} {caption}"
        planes.append(Plane(view.name, caption, _svg(view, grey, pair, pixel_mm, labels, title)))
    return tuple(planes)


def pick_cases(scores: Iterable[LabelScore]) -> list[tuple[str, str, float]]:
    """Choose the worst, the median and the best case by their mean Dice over labels.

    Args:
        scores: `LabelScore`s.

    Returns:
        list of (case, rank, mean Dice), the worst first, no case twice. Cases of which no label
        has a Dice are never chosen.

    Example:
        >>> scores = [LabelScore(case, "", "liver", dice=dice)
        ...           for case, dice in (("a", 0.7), ("b", 0.9), ("c", 0.8))]
        >>> pick_cases(scores)
        [('a', 'worst', 0.7), ('c', 'median', 0.8), ('b', 'best', 0.9)]
    """
    of_case: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        if math.isfinite(score.dice):
            of_case[score.case].append(score.dice)
    ranked = sorted((math.fsum(dice) / len(dice), case) for case, dice in of_case.items())
    last = len(ranked) - 1
    places = {0: "only case" if last == 0 else "worst"}
    if last > 1:
        places[last // 2] = "median"
    if last > 0:
        places[last] = "best"
    return [(ranked[at][1], rank, ranked[at][0]) for at, rank in places.items() if ranked]


def _membership(
    truth: np.ndarray, predicted: np.ndarray, labels: Sequence[EvaluatedLabel]
) -> tuple[np.ndarray, np.ndarray]:
    """Return both masks in numbers that are equal where a voxel has the same labels, 0 for none."""
    count = int(max(truth.max(initial=0), predicted.max(initial=0))) + 1
    table = np.zeros((count + 1, len(labels)), bool)  # and one value that has no label
    for column, label in enumerate(labels):
        table[[value for value in label.values if value < count], column] = True
    _, numbers = np.unique(table, axis=0, return_inverse=True)
    numbers = numbers.reshape(-1).astype(np.uint16)
    return numbers[truth], numbers[predicted]


def _content_box(
    image: np.ndarray | None,
    labelled: np.ndarray,
    spacing: Sequence[float],
    window: tuple[float, float] | None,
) -> tuple[slice, slice, slice]:
    """Return the box of what is brighter than air, and of all labels, with a margin."""
    content = np.ones((1, 1, 1), bool)
    if image is not None:
        low, high = window or _percentiles(image)
        content = image > low + 0.05 * (high - low)
    box = []
    for axis, step in enumerate(spacing):
        others = tuple(other for other in range(3) if other != axis)
        kept = (content.mean(axis=others) > _CONTENT_SHARE) | labelled.any(axis=others)
        found = np.flatnonzero(kept)
        size, margin = labelled.shape[axis], math.ceil(MARGIN_MM / step)
        first, last = (found[0], found[-1]) if found.size else (0, size - 1)
        box.append(slice(max(0, int(first) - margin), min(size, int(last) + 1 + margin)))
    return tuple(box)


def _percentiles(image: np.ndarray) -> tuple[float, float]:
    step = max(1, round((image.size / _SAMPLES) ** (1 / 3)))
    values = image[::step, ::step, ::step]
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, _PERCENTILES) if values.size else (0.0, 1.0)
    return float(low), float(high)


def _to_grey(image_yx: np.ndarray, window: tuple[float, float]) -> np.ndarray:
    low, high = window
    scaled = (np.nan_to_num(image_yx.astype(np.float64), nan=low) - low) / max(high - low, 1e-12)
    return np.round(255 * np.clip(scaled, 0, 1)).astype(np.uint8)


def _caption(
    view: _View,
    index: int,
    shape_zyx: Sequence[int],
    spacing: Sequence[float],
    affine: np.ndarray | None,
) -> str:
    place = f"{index * spacing[view.axis]:.1f} mm {view.since}"
    if affine is not None:
        # Of an oblique scan: where the middle of the slice lies.
        voxel = (np.array(shape_zyx, float) - 1) / 2
        voxel[view.axis] = index
        position = float((np.asarray(affine) @ [*voxel[::-1], 1])[2 - view.axis])
        place = f"at {abs(position):.1f} mm {view.directions[position >= 0]}"
    return f"slice {index + 1} of {shape_zyx[view.axis]}, {place}"


def _reason(area_mm2: float, has_label: bool) -> str:
    if area_mm2:
        return f"here the masks differ most, by {area_mm2:,.0f} mm²"
    if has_label:
        return "the masks agree, and the labels are largest here"
    return "neither mask has a label"


def _svg(
    view: _View,
    grey: np.ndarray | None,
    masks: tuple[np.ndarray, np.ndarray],
    pixel_mm: tuple[float, float],
    labels: Sequence[EvaluatedLabel],
    title: str,
) -> str:
    rows, columns = masks[0].shape
    height, width = rows * pixel_mm[0], columns * pixel_mm[1]
    size = f'width="{width:g}" height="{height:g}"'
    parts = [
        f'<svg viewBox="0 0 {width:g} {height:g}" class="plane" role="img" '
        f'aria-label="{html.escape(title)}"><title>{html.escape(title)}</title>',
        f"<rect {size}/>",
    ]
    if grey is not None:
        data = base64.b64encode(_png(grey[::-1, ::-1])).decode()
        parts.append(
            f'<image {size} preserveAspectRatio="none" href="data:image/png;base64,{data}"/>'
        )
    parts.append(f'<g transform="scale({pixel_mm[1]:g} {pixel_mm[0]:g})">')
    for kind, mask in zip(("truth", "predicted"), masks, strict=True):
        for number, label in enumerate(labels, start=1):
            path = outline_path(np.isin(mask, label.values)[::-1, ::-1])
            if path:
                parts.append(
                    f'<path class="{kind} label-{number}" fill="none" stroke="{_STROKES[kind]}" '
                    f'stroke-width="1.5" vector-effect="non-scaling-stroke" d="{path}"/>'
                )
    return "".join([*parts, "</g>", *_letters(view, width, height), "</svg>"])


def _letters(view: _View, width: float, height: float) -> list[str]:
    size = 0.05 * max(width, height)
    style = (
        f'font-size="{size:.3g}" fill="#fff" stroke="#000" stroke-width="{size / 6:.2g}" '
        'paint-order="stroke" font-family="sans-serif" aria-hidden="true"'
    )
    middle = height / 2 + 0.35 * size
    left, right, top, bottom = view.letters
    places = (
        (left, 0.3 * size, middle, "start"),
        (right, width - 0.3 * size, middle, "end"),
        (top, width / 2, 1.05 * size, "middle"),
        (bottom, width / 2, height - 0.35 * size, "middle"),
    )
    texts = [
        f'<text x="{x:.4g}" y="{y:.4g}" text-anchor="{anchor}">{letter}</text>'
        for letter, x, y, anchor in places
    ]
    return [f"<g {style}>", *texts, "</g>"]


def _png(grey: np.ndarray) -> bytes:
    """Return a PNG that is small enough to stand in a page with many others."""
    longest = min(_LONGEST_SIDE, max(grey.shape))
    while True:
        picture = Image.fromarray(np.ascontiguousarray(grey))
        if longest < max(grey.shape):
            scale = longest / max(grey.shape)
            shape = [max(1, round(side * scale)) for side in grey.shape[::-1]]
            picture = picture.resize(shape, Image.Resampling.BOX)
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG", optimize=True)
        if buffer.tell() <= _PNG_BYTES:
            return buffer.getvalue()
        longest = int(0.85 * longest)
