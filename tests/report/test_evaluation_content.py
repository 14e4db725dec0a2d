import numpy as np
import pytest

from kseg.evaluate import (
    EvaluateSettings,
    MaskReading,
    compare,
    evaluate_pairs,
    find_pairs,
    find_truth,
    summarise,
)
from kseg.report.evaluation_content import Evaluated, evaluation_content
from tests.workflow.tiny import body, save, write_data


@pytest.fixture
def evaluated(tmp_path):
    """Six true masks, five predicted ones, one of them on another grid."""
    data = write_data(tmp_path / "data")
    truth = find_truth(data)
    for number, case in enumerate(truth.cases[:5]):
        target = tmp_path / "predicted" / f"{case.id}.nii.gz"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(case.mask.read_bytes())
        if number == 4:
            save(target, body(0, (9, 9, 9))[1] * 0)
    (tmp_path / "predicted/stray.nii.gz").write_bytes(truth.cases[0].mask.read_bytes())

    def judge(**changes):
        pairing = find_pairs(truth, tmp_path / "predicted")
        settings, reading = EvaluateSettings(1.5), MaskReading()
        found = evaluate_pairs(pairing, settings, reading=reading, threads=1)
        summary = summarise(found.scores)
        return Evaluated(pairing, found, settings, reading, summary, **changes)

    return judge


def test_the_page_tells_what_was_judged_and_what_was_left_out(evaluated):
    page = evaluation_content(evaluated())
    assert page.title == "predicted against tiny" and not page.phantom
    assert "mean Dice 1.000 over 4 cases" in page.lead
    told = " ".join(page.warnings)
    assert "1 of 6 true masks have no predicted one" in told and "case5" in told
    assert "1 predicted mask has no true one: stray.nii.gz" in told
    assert "case4 could not be judged" in told and "too few" in told
    assert page.tolerance_mm == {"organ": 1.5, "lesion": 1.5}
    assert {size.label: size.cases for size in page.classes} == {"organ": 4, "lesion": 4}


def test_scans_of_a_data_set_are_shown_under_the_outlines(evaluated):
    page = evaluation_content(evaluated())
    assert page.pictures_note == "" and len(page.pictures) == 3
    assert all(picture.viewer.image is not None for picture in page.pictures)


def test_without_scans_the_page_says_how_to_see_them(evaluated, tmp_path):
    masks = find_pairs(find_truth(tmp_path / "predicted"), tmp_path / "predicted")
    found = evaluate_pairs(masks, EvaluateSettings(), threads=1)
    summary = summarise(found.scores)
    bare = Evaluated(masks, found, EvaluateSettings(), MaskReading(), summary)
    page = evaluation_content(bare)
    assert "--images DIR" in page.pictures_note and page.pictures


def test_a_comparison_brings_its_sentences_and_its_table(evaluated):
    scores = evaluated().evaluation.scores
    worse = [score.__class__(**{**score.__dict__, "dice": 0.5}) for score in scores]
    comparison = compare(scores, worse, names=("predicted", "other"), measures=["dice"])
    page = evaluation_content(evaluated(comparison=comparison))
    assert page.sentences == comparison.sentences and len(page.comparison) == 3
    assert any(fact.value == "other" for fact in page.facts)
    assert all(np.size(line.cells) == len(page.comparison_columns) for line in page.comparison)
