from types import SimpleNamespace

import pytest

from kseg.dataset import Regions
from kseg.recipe import FitSection, load_recipe
from kseg.workflow.job import fit_settings, training_fingerprint
from tests.plugins.packages import install


def material(*folders, regions=None):
    cached = tuple(SimpleNamespace(id=name, folder=SimpleNamespace(name=name)) for name in folders)
    dataset = SimpleNamespace(regions=regions)
    return SimpleNamespace(train=cached, validation=(), dataset=dataset)


def test_epochs_are_counted_in_steps():
    settings = fit_settings(FitSection(epochs=3, steps_per_epoch=7), can_validate=True)
    assert (settings.steps, settings.budget_seconds) == (21, None)


def test_a_budget_leaves_the_number_of_steps_open():
    settings = fit_settings(FitSection(budget="2m"), can_validate=True)
    assert (settings.steps, settings.budget_seconds) == (None, 120.0)


def test_early_stopping_is_off_where_nothing_validates():
    section = FitSection(steps=10, patience_epochs=2)
    assert fit_settings(section, can_validate=True).patience_epochs == 2
    assert fit_settings(section, can_validate=False).patience_epochs is None


def test_equal_recipes_and_data_have_one_fingerprint():
    recipe = load_recipe("liver").recipe
    assert training_fingerprint(recipe, material("a")) == training_fingerprint(
        recipe, material("a")
    )


@pytest.mark.parametrize("word", ["fit.seed=2", "model.depth=3", "optimizer.learning_rate=1e-3"])
def test_any_changed_key_changes_the_fingerprint(word):
    same = training_fingerprint(load_recipe("liver").recipe, material("a"))
    assert training_fingerprint(load_recipe("liver", [word]).recipe, material("a")) != same


def test_changed_data_change_the_fingerprint():
    recipe = load_recipe("liver").recipe
    assert training_fingerprint(recipe, material("a")) != training_fingerprint(
        recipe, material("b")
    )


def test_regions_that_a_dataset_json_declares_change_the_fingerprint():
    recipe = load_recipe("liver").recipe
    one, other = (Regions(("whole", "core"), ((1, 2), (2,)), (1, n)) for n in (2, 1))
    seen = [training_fingerprint(recipe, material("a", regions=r)) for r in (None, one, other)]
    assert len(set(seen)) == 3


def test_another_version_of_a_plug_in_changes_the_fingerprint(tmp_path, monkeypatch):
    seen = []
    for version in ("1.0", "1.1"):
        folder = tmp_path / version
        folder.mkdir()
        install(folder, "their-parts", "their_parts", "[kseg.losses]\nL = their_parts:Loss\n",
                version=version)  # fmt: skip
        with monkeypatch.context() as context:
            context.syspath_prepend(folder)
            recipe = load_recipe("liver", ["loss.plugins={a: {name: L}}"]).recipe
            seen.append(training_fingerprint(recipe, material("a")))
    assert len(set(seen)) == 2


def test_a_training_reports_the_cases_of_a_step_as_its_stream_draws_them(tiny_run):
    from kseg.fit import Clock
    from kseg.workflow.job import make_job, start_network
    from kseg.workflow.log import RunLog
    from kseg.workflow.material import gather_material

    loaded = load_recipe(tiny_run.recipe, ["fit.precision=float32"])
    log = RunLog(None, lambda message: None)
    gathered = gather_material(loaded, tiny_run.folder.parent / "work", log)
    network = start_network(loaded, loaded.recipe, gathered, log)
    job = make_job(loaded.recipe, gathered, network, tiny_run.folder, Clock(), log)
    cases = job.cases_of_step(3)
    assert len(cases) == loaded.recipe.patches.batch
    assert set(cases) <= {case.id for case in gathered.train}
    images, labels = next(iter(job.stream(3)))
    assert images.shape == (2, 16, 16, 16, 1) and labels.shape == (2, 16, 16, 16)
