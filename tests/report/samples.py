"""A page's content with everything that a page may hold, good names and evil ones."""

import base64
import math
import struct
import zlib
from dataclasses import replace

import numpy as np

from kseg.evaluate.score import LabelScore
from kseg.evaluate.summary import LabelSummary, MeasureSummary, Summary
from kseg.report.content import (
    CasePictures,
    Chart,
    ClassSize,
    ComparisonLine,
    Fact,
    FoldLine,
    PageContent,
    Plane,
    RecipeLine,
)

EVIL = "<script>alert(1)</script>"
EVIL_IMAGE = '"><img src=x onerror=alert(1)>'
LABELS = ("liver", "right kidney", "spleen")
MEASURES = ("dice", "iou", "precision", "recall", "nsd", "hd_mm", "hd95_mm", "assd_mm", "masd_mm")
SIGNED = ("volume_error_ml", "volume_error_percent")


def summary_of(values):
    found = np.array([value for value in values if not math.isnan(value)])
    finite = found[np.isfinite(found)]
    if not len(finite):
        return MeasureSummary(math.nan, math.nan, math.nan, math.nan, 0, len(found))
    mean, half = float(finite.mean()), float(finite.std() / 2)
    infinite = len(found) - len(finite)
    return MeasureSummary(
        mean, mean - half, mean + half, float(np.median(found)), len(finite), infinite
    )


def scores_of(cases, labels, seed=0):
    generator = np.random.default_rng(seed)
    scores = []
    for case in range(cases):
        for place, label in enumerate(labels):
            dice = float(1 - generator.gamma(1.5, 0.03) - 0.02 * place)
            far, volume = float(generator.gamma(2, 2)), float(generator.normal(0, 12))
            scores.append(
                LabelScore(
                    f"case_{case:03d}", f"person_{case // 2:03d}", label, dice,
                    dice / (2 - dice), dice + 0.01, dice - 0.01, dice + 0.015,
                    3 * far, far, far / 4, far / 4.2, volume, volume / 2,
                    truth_lesions=1, predicted_lesions=2, truth_ml=200.0,
                    predicted_ml=200 + volume,
                )
            )  # fmt: skip
    return scores


def summarised(scores, labels, phantom):
    cases = len({score.case for score in scores})
    tables = {
        label: {
            name: summary_of([getattr(score, name) for score in scores if score.label == label])
            for name in (*MEASURES, *SIGNED)
        }
        for label in labels
    }
    mean = {
        name: replace(summary_of([tables[label][name].mean for label in labels]), cases=cases)
        for name in MEASURES
    }
    return Summary(cases, tuple(LabelSummary(*item) for item in tables.items()), mean, phantom)


def grey_png(size=64):
    rows = [
        b"\0" + bytes(int(120 + 90 * math.sin(x / 7) * math.cos(y / 9)) for x in range(size))
        for y in range(size)
    ]

    def chunk(kind, data):
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


def plane(name):
    image = base64.b64encode(grey_png()).decode()
    paths = "".join(
        f'<path class="{kind} label-{label}" d="M{x} 20h18v16h-18z"/>'
        for label in (1, 2, 3)
        for kind, x in (("truth", 18 * label - 12), ("predicted", 18 * label - 10))
    )
    svg = (
        f'<svg viewBox="0 0 64 64" role="img" aria-label="{name} slice">'
        f'<image href="data:image/png;base64,{image}" width="64" height="64"/>{paths}</svg>'
    )
    return Plane(name, "slice 31 of 64, at 62.0 mm", svg)


def chart(title):
    svg = (
        '<svg viewBox="0 0 300 120" role="img" aria-label="a falling curve">'
        '<path d="M10 10V110H290" fill="none" stroke="currentColor"/>'
        '<path d="M10 20C80 100 150 100 290 105" fill="none" stroke="currentColor"/></svg>'
    )
    return Chart(title, "It falls from 1.9 to 0.2 over 40 epochs.", svg)


def rich_content(cases=20, labels=LABELS, phantom=True, evil=True):
    scores = scores_of(cases, labels)
    empty = dict.fromkeys((*MEASURES, *SIGNED), math.nan)
    scores[4] = replace(scores[4], **empty, truth_ml=0.0, predicted_ml=0.0)
    missed = dict.fromkeys(("hd_mm", "hd95_mm", "assd_mm", "masd_mm"), math.inf)
    scores[7] = replace(scores[7], **missed, dice=0.0, iou=0.0, nsd=0.0, predicted_ml=0.0)
    if evil:
        scores[9:12] = [replace(score, case=EVIL, subject=EVIL_IMAGE) for score in scores[9:12]]
    planes = tuple(plane(name) for name in ("axial", "coronal", "sagittal"))
    middle = EVIL if evil else "case_003"
    return PageContent(
        title="Abdomen, four hours on a CPU",
        lead="A network trained on 24 cases finds three organs with a mean Dice of 0.912.",
        phantom=phantom,
        facts=(Fact("Data", "abdomen, 24 cases for training"), Fact("Budget", "4 h")),
        warnings=("2 cases have no right kidney.", "case_002 has voxels of 3 × 3 × 7 mm."),
        summary=summarised(scores, labels, phantom),
        scores=tuple(scores),
        tolerance_mm=dict.fromkeys(labels, 2.0) | {labels[-1]: 1.0},
        folds=(
            FoldLine(0, 10, 0.912, (0.93, 0.91, 0.896), 1200, 14.9),
            FoldLine(1, 10, 0.842, (0.9, math.nan, 0.784), 1180, 15.0),
            FoldLine(3, 4, trouble="failed: it does not fit into memory"),
        ),
        charts=(chart("Loss"), chart("Learning rate")),
        pictures=(
            CasePictures("case_002", "worst", 0.61, planes),
            CasePictures(middle, "median", 0.91, planes),
            CasePictures("case_005", "best", math.nan, planes),
        ),
        pictures_note="The worst, the median and the best case by their mean Dice.",
        classes=tuple(ClassSize(name, 19, 210.5, 0.4, 1840.0, 100 / 3) for name in labels),
        sentences=("No difference is shown for the liver (Dice +0.002, p = 0.41, 20 cases).",),
        comparison_columns=("First", "Second", "Difference", "p"),
        comparison=(ComparisonLine("Dice", "liver", ("0.912", "0.910", "+0.002", "0.41")),),
        recipe=(
            RecipeLine("model.depth", "5", "abdomen.yaml:12"),
            RecipeLine("model.filters", "16", "default"),
            RecipeLine("fit.init", "https://example.org/weights", "--set"),
        ),
        environment=(Fact("Python", "3.11.9"), Fact("Threads", "2")),
        labels=labels,
    )
