import pytest
from pydantic import ValidationError

from kseg.dataset import manifest
from kseg.recipe import (
    DataSection,
    IntensitySection,
    PatchesSection,
    PhantomSection,
    PreprocessSection,
    load_recipe,
)
from kseg.recipe.sections_data import RESERVED_NAMES
from tests.recipe.helpers import BASE, refused, write


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fold": 5}, "less than `data.folds`"),
        ({"source": "phantom", "root": "x"}, "not read"),
        ({"download": True}, "choose `source: digits`"),
        ({"source": "digits", "fold": 1}, "`fold` is not read by `source: digits`"),
        ({"source": "digits", "labels": {"odd": (1, 3)}}, "`labels` is not read"),
        ({"source": "digits", "phantom": {"cases": 3}}, "`phantom` is not read"),
        ({"phantom": {"cases": 3}}, "`phantom` is not read by `source: auto`. Remove it, or"),
        ({"source": "msd", "phantom": {"seed": 2}}, "`phantom` is not read by `source: msd`"),
        ({"source": "nnunt"}, "did you mean `nnunet`"),
        ({"source": "Dice:open_dice"}, "which is not installed"),
        ({"source_args": {"a": 1}}, "`source_args` is not read by `source: auto`"),
        ({"labels": {}}, "at least 1 item"),
        ({"labels": {"background": (1,)}}, "`labels` must have names that"),
        ({"labels": {"a": (1,), " Clear Label": (2,)}}, "`labels` must have names that"),
        ({"labels": {"": (1,)}}, "`labels` must have names that are not empty"),
        ({"regions": {"Background": (1,)}}, "`regions` must have names that"),
        ({"regions": {"ignore": (1,)}}, "`regions` must have names that"),
        ({"regions": {" ": (1,)}}, "`regions` must have names that are not empty"),
        ({"assume_orientation": "RLS"}, "three letters"),
        ({"assume_orientation": "RA"}, "three letters"),
        ({"assume_orientation": "ras"}, "three letters"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(values, message):
    with pytest.raises(ValidationError) as caught:
        DataSection(**values)
    assert message in str(caught.value)


def test_every_name_of_the_background_in_a_data_set_is_reserved():
    assert {*manifest.BACKGROUND_NAMES, "ignore"} == RESERVED_NAMES


@pytest.mark.parametrize("code", ["RAS", "LPS", "SPR", "IAL"])
def test_orientations_name_each_direction_once(code):
    assert DataSection(assume_orientation=code).assume_orientation == code


def test_digits_bring_their_own_key_and_leave_those_of_scans_out():
    data = DataSection(source="digits", root="mnist.npz")
    assert data.download is False and DataSection().download is None
    assert DataSection(source="digits", download=True).download is True
    assert data.unread_keys() == DataSection.keys_of_scans
    assert DataSection().unread_keys() == {"download", "source_args", "phantom"}


def test_the_phantom_is_read_by_its_source_and_goes_with_it(tmp_path):
    assert "phantom" not in DataSection(source="phantom").unread_keys()
    assert DataSection(phantom={"cases": 20}).phantom == PhantomSection()
    path = write(tmp_path, BASE + "data: {source: phantom, phantom: {cases: 7}}\n")
    assert load_recipe(path).recipe.data.phantom.cases == 7
    # A folder takes the place of the synthetic scans, and of all that was said of them.
    given = load_recipe(path, [], {"data.root": "scans"}).recipe.data
    assert (given.source, given.phantom) == ("auto", PhantomSection())
    lines, _ = refused(path, ["data.phantom.seed=3"], {"data.root": "scans"})
    assert "--set data.phantom.seed=3" in lines[0] and "is not read" in lines[0]


def test_every_key_of_scans_is_a_key_and_the_others_are_read_for_digits():
    assert DataSection.keys_of_scans < set(DataSection.model_fields)
    read = set(DataSection.model_fields) - DataSection.keys_of_scans
    assert read == {"source", "root", "download"}


def test_percentiles_must_rise():
    with pytest.raises(ValidationError, match="must rise"):
        IntensitySection(clip_percentiles=(9.0, 9.0))


def test_the_memory_for_scans_is_told_in_bytes():
    assert PatchesSection(ram="500M").ram_bytes == 500 * 2**20


def test_named_channels_are_added_to_the_usual_ones():
    given = {"MRI": {"scale": "none"}, "CT": {"over": "image"}}
    preprocess = PreprocessSection(intensity=given)
    assert preprocess.intensity["MRI"].scale == "none"
    assert preprocess.intensity["CT"].clip_percentiles == (0.5, 99.5)
    assert preprocess.intensity["CT"].over == "image"
    assert preprocess.intensity["default"].scale == "zscore"


def test_a_patch_that_no_machine_could_hold_is_refused():
    assert PatchesSection(size=(400, 400, 400)).size == (400, 400, 400)
    with pytest.raises(ValidationError, match="at most 67,108,864 voxels in all"):
        PatchesSection(size=(1024, 1024, 1024))
