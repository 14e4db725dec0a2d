import nibabel as nib
import numpy as np
import pytest

from kseg.errors import KsegError
from kseg.recipe import load_recipe
from kseg.workflow.log import RunLog
from kseg.workflow.material import gather_material
from tests.workflow.tiny import LABELS, body, save, write_data, write_recipe


@pytest.fixture
def gather(tmp_path):
    """Gather the tiny data set by the tiny recipe; what was said is kept in `told`."""

    def run(*overrides, **data):
        if not (tmp_path / "data").exists():
            write_data(tmp_path / "data", **data)
        loaded = load_recipe(write_recipe(tmp_path), overrides)
        return gather_material(loaded, tmp_path / "work", RunLog(None, run.told.append))

    run.told = []
    return run


def test_cases_are_split_and_each_is_cached(gather):
    material = gather()
    assert len(material.train) == 4 and len(material.validation) == 2
    ids = [case.id for case in material.validation_cases]
    assert ids == [case.id for case in material.validation]
    assert not set(ids) & {case.id for case in material.train}
    assert material.dataset.label_names == LABELS and not material.dataset.phantom
    assert gather.told == ["tiny: 4 cases train, 2 validate"]


@pytest.mark.parametrize(("side", "moves"), [("validation", False), ("train", True)])
def test_the_plan_is_made_from_the_training_cases_alone(gather, side, moves):
    before = gather("preprocess.spacing_mm=median")
    validation = {case.id for case in before.validation_cases}
    voxels, mask = body()
    for case in before.dataset.cases:
        if (case.id in validation) == (side == "validation"):
            save(case.images[0], voxels * 3, spacing_xyz=(4.0, 4.0, 4.0))
            save(case.label, mask, spacing_xyz=(4.0, 4.0, 4.0))
    after = gather("preprocess.spacing_mm=median")
    assert (after.plan.spacing_mm != before.plan.spacing_mm) == moves
    assert (after.plan.scalings != before.plan.scalings) == moves


def test_a_part_of_others_that_would_fail_later_is_refused_before_any_scan_is_read(
    gather, tmp_path
):
    with pytest.raises(KsegError, match="Scalar` of tests .* one value per case"):
        gather("loss.plugins={a: {name: 'tests.workflow.others:Scalar'}}")
    assert not (tmp_path / "work").exists()


def test_on_all_cases_none_validates_and_that_is_said(gather):
    material = gather("data.fold=all")
    assert len(material.train) == 6 and not material.validation_cases + material.validation
    assert gather.told == ["tiny: 6 cases train, none validates (fold: all)"]


def test_one_case_is_told_in_the_singular(gather):
    gather("data.folds=2", cases=2)
    assert gather.told == ["tiny: 1 case trains, 1 validates"]


def test_synthetic_scans_are_called_so(gather):
    assert gather(synthetic=True).dataset.phantom
    assert gather.told == ["phantom: tiny (phantom: synthetic scans): 4 cases train, 2 validate"]


def test_joined_labels_are_joined_in_training_and_in_validation(gather):
    whole = gather()
    joined = gather("data.labels={body: [organ, lesion]}")
    assert joined.dataset.label_names == ("background", "body")
    for before, after in zip(
        (*whole.train, *whole.validation), (*joined.train, *joined.validation)
    ):
        assert len(after.label_counts) == 2
        # Resampling decides a voxel's label by the largest share, which joining can only raise.
        assert after.label_counts[1] >= before.label_counts[1] + before.label_counts[2]
        assert np.load(after.labels).max() == 1


def test_class_weights_are_one_for_each_label_or_for_each_region(gather):
    one, three = (f"loss.cross_entropy.class_weights={weights}" for weights in ([2], [1, 2, 3]))
    region = "data.regions={core: [lesion]}"
    assert gather(region, one).dataset.outputs == 1 and gather(three).dataset.outputs == 3
    for words, names in (
        ([one], "one weight for each of background, organ, lesion. Received"),
        ([one, "data.labels={body: [1, 2]}"], "one weight for each of background, body. Received"),
        ([region, three], "one weight for each of core. Received"),
    ):
        with pytest.raises(KsegError, match=names) as refused:
            gather(*words)
        assert refused.value.code == "KS-F09"


def test_every_case_with_a_bad_header_is_named_at_once(gather, tmp_path):
    write_data(tmp_path / "data")
    for number in (1, 4):
        (tmp_path / f"data/labelsTr/case{number}.nii.gz").write_bytes(b"no image")
    with pytest.raises(KsegError) as refused:
        gather()
    assert refused.value.exit_code == 4
    assert "case1.nii.gz" in str(refused.value) and "case4.nii.gz" in str(refused.value)


def test_what_was_noted_is_told_by_the_place_in_the_data_set(gather, tmp_path):
    data = write_data(tmp_path / "data")
    for folder in ("imagesTr", "labelsTr"):
        path = data / folder / "case1.nii.gz"
        image = nib.load(path)
        image.header["xyzt_units"] = 1
        image.set_sform(np.diag([1e-3, 1e-3, 1e-3, 1]) @ image.affine, code=2)
        image.set_qform(image.affine, code=0)
        nib.Nifti1Image(np.asarray(image.dataobj), None, image.header).to_filename(path)
    gather()
    notes = [line for line in gather.told if line.startswith("note")]
    assert [note.split(":")[0] for note in notes] == [
        "note  imagesTr/case1.nii.gz",
        "note  labelsTr/case1.nii.gz",
    ]
    assert str(tmp_path) not in " ".join(gather.told)
