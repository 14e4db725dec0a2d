from kseg.recipe import load_recipe
from kseg.workflow.job import training_identity
from kseg.workflow.log import RunLog
from kseg.workflow.material import gather_material
from kseg.workflow.prepare import prepare_data
from tests.workflow.digits_of import load_tiny
from tests.workflow.tiny import write_data, write_recipe


def a_recipe(tmp_path, **extra):
    data = write_data(tmp_path / "data", cases=3, **extra)
    return load_recipe(write_recipe(tmp_path), (), {"data.root": str(data)})


def test_its_identity_is_that_of_a_training_without_its_recipe(tmp_path):
    loaded = a_recipe(tmp_path)
    said = []
    prepared = prepare_data(loaded, tmp_path / "work", said.append)
    material = gather_material(loaded, tmp_path / "work", RunLog(None, said.append))
    whole = training_identity(loaded.recipe, material)
    assert set(prepared.identity) == set(whole) - {"kseg", "recipe"}
    assert all(whole[key] == value for key, value in prepared.identity.items())
    assert prepared.validation_cases == 1 and "3 cases: 2 train, 1 validate" in prepared.told


def test_synthetic_scans_are_called_so(tmp_path):
    prepared = prepare_data(a_recipe(tmp_path, synthetic=True), tmp_path / "work", print)
    assert prepared.phantom and "phantom" in prepared.told


def test_digits_are_counted(tmp_path):
    prepared = prepare_data(load_tiny(tmp_path), tmp_path / "work", print)
    assert "410 digits: 300 train, 110 validate" in prepared.told
    assert prepared.validation_cases == 110
