"""Which cases a cross-validation validates: each once, or the result says which and why not."""

import json
from dataclasses import replace

import pytest

from kseg.dataset import split_cases
from kseg.errors import KsegError
from tests.workflow.crossvals import Tiny


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    return Tiny(tmp_path, monkeypatch)


def record_of(tiny):
    return json.loads((tiny.out / "crossval.json").read_text())


def test_two_scans_of_one_person_are_in_one_fold(tiny):
    manifest = json.loads((tiny.data / "dataset.json").read_text())
    for number, entry in enumerate(manifest["training"]):
        entry["subject"] = f"person{number // 2}"
    (tiny.data / "dataset.json").write_text(json.dumps(manifest))
    tiny.cross_validate()
    folds = record_of(tiny)["folds"]
    assert sorted(fold["cases"] for fold in folds) == [
        ["case0", "case1"], ["case2", "case3"], ["case4", "case5"],
    ]  # fmt: skip


def test_a_case_in_two_folds_is_an_error_and_not_a_mean(tiny, monkeypatch):
    def overlapping(dataset, fold, **options):
        # The third fold validates what the first does, and nobody what it should.
        return split_cases(dataset, fold=0 if fold == 2 else fold, **options)

    for module in ("kseg.workflow.crossval_folds", "kseg.dataset.from_recipe"):
        monkeypatch.setattr(f"{module}.split_cases", overlapping)
    with pytest.raises(KsegError, match="validated more than once, in the folds 0 and 2"):
        tiny.cross_validate()
    assert not (tiny.out / "validation/cases.csv").exists()


def test_a_case_in_no_fold_is_missing_and_not_forgotten(tiny, monkeypatch):
    def short(dataset, fold, **options):
        split = split_cases(dataset, fold=fold, **options)
        return replace(split, validation=split.validation[:1]) if fold == 2 else split

    for module in ("kseg.workflow.crossval_folds", "kseg.dataset.from_recipe"):
        monkeypatch.setattr(f"{module}.split_cases", short)
    result = tiny.cross_validate()
    assert result.summary is None
    assert "no fold validates some cases; 1 of 6 cases have no score" in result.last_words[0]
    summary = json.loads((tiny.out / "validation/summary.json").read_text())
    assert len(summary["missing"]) == 1 and "no fold" in summary["notes"][0]["note"]


def test_scans_kept_for_a_test_are_in_no_fold_and_said_to_be(tiny):
    rows = "\n".join(
        f"case{n},{tiny.data}/imagesTr/case{n}.nii.gz,{tiny.data}/labelsTr/case{n}.nii.gz,{split}"
        for n, split in enumerate(["1", "2", "1", "2", "test", "2"])
    )
    folder = tiny.root / "table"
    folder.mkdir()
    (folder / "cases.csv").write_text(f"id,image,label,split\n{rows}\n")
    names = {"labels": {"0": "background", "1": "organ", "2": "lesion"}, "synthetic": True}
    (folder / "labels.json").write_text(json.dumps(names | {"channel_names": {"0": "CT"}}))
    tiny.data = folder
    result = tiny.cross_validate()
    assert result.summary.cases == 5
    assert [(fold["fold"], len(fold["cases"])) for fold in record_of(tiny)["folds"]] == [
        (1, 2), (2, 3),
    ]  # fmt: skip
    assert "phantom: in no fold, as the data set keeps them for a test: case4" in tiny.told
