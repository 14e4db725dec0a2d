"""Apply a network that learned single digits to a canvas of 16, and draw what it names where.

A fully convolutional network gives one prediction on 28 × 28 pixels and, with the same weights and
in one go, a map of predictions on a larger picture. The canvas is 112 × 112: 4 rows of 4 digits.

Run: python benchmarks/digit_canvas.py RUN PICTURE.png [mnist.npz] [seed]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from kseg.bundle import load_network, read_model
from kseg.dataset.sources.digits import DIGIT_SHAPE, open_digits
from kseg.workflow.digits_namer import DigitNamer

ROWS, SIDE = 4, DIGIT_SHAPE[0]


def make_canvas(images, labels, seed):
    """Return a picture of 16 different test digits, and which they are, both as 4 rows."""
    chosen = np.random.default_rng(seed).choice(len(labels), ROWS * ROWS, replace=False)
    tiles = images[chosen].reshape(ROWS, ROWS, SIDE, SIDE)
    canvas = tiles.transpose(0, 2, 1, 3).reshape(ROWS * SIDE, ROWS * SIDE)
    return canvas, labels[chosen].reshape(ROWS, ROWS)


def draw(path, canvas, named, found, truth):
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.imshow(canvas, cmap="gray_r")
    left.set_title(f"{canvas.shape[0]} × {canvas.shape[1]} pixels, names found at the 16 places")
    for row, column in np.ndindex(truth.shape):
        is_right = found[row, column] == truth[row, column]
        text = str(found[row, column]) + ("" if is_right else f" (is {truth[row, column]})")
        colour = "#0072B2" if is_right else "#D55E00"
        left.text(column * SIDE + 1, row * SIDE + 5, text, color=colour, weight="bold", fontsize=13)
    for edge in range(SIDE, canvas.shape[0], SIDE):
        left.axhline(edge - 0.5, color="0.8", linewidth=0.8)
        left.axvline(edge - 0.5, color="0.8", linewidth=0.8)
    shown = right.imshow(named, cmap="tab10", vmin=-0.5, vmax=9.5)
    right.set_title(f"the whole map, {named.shape[0]} × {named.shape[1]} predictions")
    places = named.shape[0] // (ROWS - 1) * np.arange(ROWS)
    grid = np.meshgrid(places, places)
    right.plot(*map(np.ravel, grid), "s", mfc="none", mec="black", ms=11)
    figure.colorbar(shown, ax=right, ticks=range(10))
    for axes in (left, right):
        axes.set_axis_off()
    figure.savefig(path, dpi=110)


def main(run, picture, data=None, seed="0"):
    digits = open_digits(None if data is None else Path(data))
    canvas, truth = make_canvas(digits.test_images, digits.test_labels, int(seed))
    (named,) = DigitNamer(load_network(read_model(run))).maps(canvas[None])
    # Both poolings halve, so that digits lie 28 / 4 = 7 places of the map apart.
    step = (named.shape[0] - 1) // (ROWS - 1)
    found = named[::step, ::step]
    draw(picture, canvas, named, found, truth)
    print(f"{(found == truth).sum()} of {truth.size} digits named rightly -> {picture}")


if __name__ == "__main__":
    main(*sys.argv[1:])
