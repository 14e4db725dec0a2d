import pytest

from kseg.recipe import load_recipe
from kseg.workflow import train
from kseg.workflow.part import Part
from tests.workflow.tiny import train_tiny, write_data, write_recipe


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A run in two parts and then whole, and one that was never in parts."""
    root = tmp_path_factory.mktemp("parts")
    data = write_data(root / "data", cases=3)
    loaded = load_recipe(write_recipe(root), (), {"data.root": str(data)})
    half = train(loaded, root / "run", root / "work", lambda line: None, part=Part(0.5))
    left = sorted(path.name for path in (root / "run").iterdir())
    return root, loaded, half, left


def test_a_part_ends_with_its_scores_and_without_a_model(parts):
    _, _, half, left = parts
    assert half.state.step == 4 and half.state.total_steps == 8 and not half.state.finished
    assert half.state.history[-1]["val_dice"] is not None and half.summary is None
    assert half.validation_cases == 1 and half.parameters > 1000
    assert "model" not in left and "validation" not in left and "checkpoints" in left


def test_a_run_that_goes_on_from_a_part_ends_with_the_bits_of_one_in_a_whole(parts):
    root, loaded, _, _ = parts
    result = train(loaded, root / "run", root / "work", lambda line: None)
    assert result.state.finished and result.summary.cases == 1
    whole = train_tiny(root, out="whole", data=root / "data")
    for name in ("model/weights.safetensors", "validation/cases.csv"):
        assert (root / "run" / name).read_bytes() == (whole.folder / name).read_bytes()
