import base64
import io
import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from kseg.evaluate import EvaluatedLabel, LabelScore
from kseg.report.outlines import outline_path
from kseg.report.pictures import case_planes, pick_cases
from kseg.volume import read_image, read_labels

SHAPE = (20, 30, 40)
SPACING = (3.0, 1.5, 1.0)
LIVER = [EvaluatedLabel("liver", (1,))]


def box(z, y, x, shape=SHAPE, value=1):
    mask = np.zeros(shape, np.uint8)
    mask[z, y, x] = value
    return mask


TRUTH = box(slice(5, 9), slice(10, 16), slice(20, 28))


def parts(plane):
    """What a picture holds: its size in mm, its image, its paths by class, its letters."""
    root = ElementTree.fromstring(plane.svg)
    size_mm = tuple(map(float, root.get("viewBox").split()[2:]))
    picture = None
    for node in root.iter("image"):
        data = base64.b64decode(node.get("href").removeprefix("data:image/png;base64,"))
        picture = np.asarray(Image.open(io.BytesIO(data)))
    paths = {node.get("class"): node.get("d") for node in root.iter("path")}
    letters = {
        node.text: (float(node.get("x")), float(node.get("y"))) for node in root.iter("text")
    }
    return size_mm, picture, paths, letters


def test_each_plane_is_cut_where_the_masks_differ_most():
    predicted = TRUTH.copy()
    predicted[7, 12:14, 21:24] = 0
    predicted[8, 12, 22] = 0
    axial, coronal, sagittal = case_planes(None, TRUTH, predicted, SPACING, LIVER)
    assert axial.caption == (
        "slice 8 of 20, 21.0 mm above the lowest; here the masks differ most, by 9 mm²"
    )
    assert coronal.caption.startswith("slice 13 of 30, 18.0 mm in front of the hindmost; here")
    assert sagittal.caption.startswith("slice 23 of 40, 22.0 mm to the right of the leftmost; here")


def test_of_slices_that_differ_alike_the_one_with_most_of_the_label_is_shown():
    truth = TRUTH.copy()
    truth[6, 10:20, 20:30] = 1
    predicted = truth.copy()
    predicted[5:9, 12, 22] = 0
    assert case_planes(None, truth, predicted, SPACING, LIVER)[0].caption.startswith("slice 7 of")


def test_masks_that_agree_are_shown_where_they_are_largest_and_empty_ones_too():
    caption = case_planes(None, TRUTH, TRUTH, SPACING, LIVER)[0].caption
    assert caption.startswith("slice 6 of 20") and "agree, and the labels are largest" in caption
    empty = np.zeros(SHAPE, np.uint8)
    for plane in case_planes(None, empty, empty, SPACING, LIVER):
        assert plane.caption.endswith("neither mask has a label")
        assert parts(plane)[2] == {}


def test_values_without_a_label_of_their_own_do_not_count():
    other = box(slice(15, 16), slice(0, 30), slice(0, 40), value=9)
    axial = case_planes(None, TRUTH, np.maximum(TRUTH, other), SPACING, LIVER)[0]
    assert "the masks agree" in axial.caption
    whole = [EvaluatedLabel("tumour", (1, 2)), EvaluatedLabel("core", (2,)), *LIVER]
    predicted = 2 * TRUTH
    axial = case_planes(None, TRUTH, predicted, SPACING, whole)[0]
    assert set(parts(axial)[2]) == {
        "truth label-1", "predicted label-1", "predicted label-2", "truth label-3"
    }  # fmt: skip
    assert "here the masks differ most" in axial.caption


def test_a_position_in_the_scanner_is_told_where_it_is_known():
    affine = np.diag([1, 1.5, 3.0, 1])
    affine[:3, 3] = (-30, 5, -16)
    captions = [p.caption for p in case_planes(None, TRUTH, TRUTH, SPACING, LIVER, affine=affine)]
    assert captions[0].startswith("slice 6 of 20, at 1.0 mm I;")
    assert captions[1].startswith("slice 11 of 30, at 20.0 mm A;")
    assert captions[2].startswith("slice 21 of 40, at 10.0 mm L;")


def test_pictures_are_seen_as_radiologists_see_them():
    image = np.zeros(SHAPE, np.float32)
    image[:, :, 30:] += 1  # the patient's right
    image[:, 20:, :] += 2  # in front
    image[15:] += 4  # above
    planes = case_planes(image, TRUTH, TRUTH, SPACING, LIVER, window=(0, 7))
    seen = [(parts(plane)[1] / (255 / 7)).round() for plane in planes]
    axial, coronal, sagittal = seen
    assert axial[0, 0] == 3 and axial[-1, 0] == 1 and axial[0, -1] == 2 and axial[-1, -1] == 0
    assert coronal[0, 0] == 5 and coronal[-1, 0] == 1 and coronal[0, -1] == 4
    assert sagittal[0, 0] == 6 and sagittal[-1, 0] == 2 and sagittal[0, -1] == 4
    for plane, letters in zip(planes, ("RLAP", "RLSI", "APSI"), strict=True):
        (width, height), _, _, places = parts(plane)
        left, right, top, bottom = (places[letter] for letter in letters)
        assert left[0] < width / 3 < 2 * width / 3 < right[0]
        assert top[1] < height / 3 < 2 * height / 3 < bottom[1]


def test_outlines_lie_on_the_voxels_that_they_outline():
    image = 100.0 * TRUTH
    for plane in case_planes(image, TRUTH, TRUTH, SPACING, LIVER, window=(0, 100)):
        (width, height), picture, paths, _ = parts(plane)
        assert paths["truth label-1"] == outline_path(picture == 255) != ""
        assert paths["predicted label-1"] == paths["truth label-1"]
        pixel_mm = re.search(r'<g transform="scale\(([^ ]+) ([^)]+)\)">', plane.svg).groups()
        rows, columns = picture.shape
        assert (columns * float(pixel_mm[0]), rows * float(pixel_mm[1])) == (width, height)


def test_air_is_cut_away_alike_in_all_planes_but_never_a_label():
    shape = (60, 100, 120)
    image = np.full(shape, -1000, np.float32)
    image[20:40, 30:70, 40:80] = 50
    far = box(slice(25, 30), slice(40, 60), slice(90, 100), shape)
    axial, coronal, sagittal = case_planes(image, far, far, (1, 1, 1), LIVER, window=(-160, 240))
    assert parts(axial)[0] == (80, 60)  # x from 30 to 110, y from 20 to 80
    assert parts(coronal)[0] == (80, 40)  # z from 10 to 50
    assert parts(sagittal)[0] == (60, 40)


def test_brightness_follows_what_is_shown_where_no_window_is_given():
    image = np.random.default_rng(0).uniform(0, 4000, SHAPE).astype(np.float32)
    image[0, 0, 0] = np.nan
    picture = parts(case_planes(image, TRUTH, TRUTH, SPACING, LIVER)[0])[1]
    assert picture.dtype == np.uint8 and picture.min() == 0 and picture.max() == 255
    flat = np.full(SHAPE, 3, np.float32)
    assert parts(case_planes(flat, TRUTH, TRUTH, SPACING, LIVER)[0])[1].max() == 0


def test_a_large_slice_is_made_coarser_and_its_outline_stays_exact():
    shape = (3, 700, 600)
    image = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    mask = box(slice(1, 2), slice(101, 402), slice(203, 500), shape)
    axial = case_planes(image, mask, mask, (1, 1, 1), LIVER)[0]
    size_mm, picture, paths, _ = parts(axial)
    assert len(axial.svg) < 150_000
    assert max(picture.shape) <= 512 and size_mm == (600, 700)
    assert paths["truth label-1"] == "M100 298h297v301h-297z"


def test_a_picture_holds_no_address_and_is_told_in_words():
    image = np.random.default_rng(0).normal(size=SHAPE)
    for plane in case_planes(image, TRUTH, TRUTH, SPACING, LIVER):
        root = ElementTree.fromstring(plane.svg)
        assert root.find("title").text == f"{plane.name} {plane.caption}" == root.get("aria-label")
        assert "://" not in plane.svg and "xmlns" not in plane.svg
        assert 'vector-effect="non-scaling-stroke"' in plane.svg


def test_arrays_of_different_shape_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        case_planes(None, TRUTH, TRUTH[1:], SPACING, LIVER)


@pytest.mark.skipif("KSEG_TEST_DATA" not in os.environ, reason="KSEG_TEST_DATA is not set")
def test_on_a_real_scan_the_liver_lies_on_the_left_of_the_picture_and_pictures_are_small():
    folder = Path(os.environ["KSEG_TEST_DATA"]) / "abdomen_ct"
    names = json.loads((folder / "dataset.json").read_text())["labels"]
    values = {name: int(value) for value, name in names.items()}
    labels = [EvaluatedLabel(name, (values[name],)) for name in ("liver", "spleen")]
    file = sorted((folder / "labelsTr").glob("*.nii.gz"))[0]
    truth = read_labels(file)
    scan = read_image(sorted((folder / "imagesTr").glob(f"{file.name.split('.')[0]}*"))[:1])
    predicted = truth.voxels.copy()
    shown = int((truth.voxels == values["spleen"]).sum(axis=(1, 2)).argmax())
    predicted[shown] = 0
    planes = case_planes(scan.voxels[..., 0], truth.voxels, predicted, truth.spacing_mm, labels)
    assert planes[0].caption.startswith(f"slice {shown + 1} of")
    assert all(len(plane.svg) < 150_000 for plane in planes)
    _, picture, paths, _ = parts(planes[0])
    starts = [float(paths[f"truth label-{number}"][1:].split()[0]) for number in (1, 2)]
    assert starts[0] < picture.shape[1] / 2 < starts[1]


def test_worst_median_and_best_are_picked_by_the_mean_over_labels():
    dice = {
        "a": (0.9, 0.7),
        "b": (0.5, 0.5),
        "c": (0.95, 0.95),
        "d": (0.6, np.nan),
        "e": (0.7, 0.7),
    }
    scores = [
        LabelScore(case, "", label, dice=value)
        for case, values in dice.items()
        for label, value in zip(("liver", "spleen"), values, strict=True)
    ]
    picked = pick_cases([*scores, LabelScore("unknown", "", "liver")])
    assert [(case, rank) for case, rank, _ in picked] == [
        ("b", "worst"), ("e", "median"), ("c", "best")
    ]  # fmt: skip
    assert [mean for *_, mean in picked] == pytest.approx([0.5, 0.7, 0.95])


@pytest.mark.parametrize(
    ("count", "ranks"),
    [(0, []), (1, ["only case"]), (2, ["worst", "best"]), (3, ["worst", "median", "best"])],
)
def test_of_few_cases_none_is_picked_twice(count, ranks):
    scores = [LabelScore(f"case_{n}", "", "liver", dice=0.5) for n in range(count)]
    picked = pick_cases([*scores, LabelScore("empty", "", "liver")])
    assert [rank for _, rank, _ in picked] == ranks
    assert len({case for case, *_ in picked}) == count
