import shutil

from kseg.recipe import FitSection, load_recipe
from kseg.workflow.job import fit_settings, training_identity
from kseg.workflow.log import RunLog


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


def test_the_same_files_make_the_same_training_wherever_they_lie(tiny_run, tmp_path):
    from kseg.workflow.material import gather_material

    identities = []
    for data in (tiny_run.data, shutil.copytree(tiny_run.data, tmp_path / "moved")):
        loaded = load_recipe(tiny_run.recipe, [], {"data.root": str(data)})
        log = RunLog(None, lambda message: None)
        material = gather_material(loaded, tiny_run.work, log)
        identities.append(training_identity(loaded.recipe, material))
    assert identities[0] == identities[1]
    digests = [*identities[0]["train"].values(), *identities[0]["validation"].values()]
    assert len(set(digests)) == len(digests) == 6 and all(len(d) == 64 for d in digests)
    assert identities[0]["labels"] == ["background", "organ", "lesion"]


def test_a_training_reports_the_cases_of_a_step_as_its_stream_draws_them(tiny_run, tmp_path):
    from kseg.workflow.job import make_job, start_network
    from kseg.workflow.material import gather_material
    from tests.workflow.tiny import a_sitting

    loaded = load_recipe(tiny_run.recipe, ["fit.precision=float32"])
    log = RunLog(None, lambda message: None)
    gathered = gather_material(loaded, tiny_run.folder.parent / "work", log)
    sitting = a_sitting(tmp_path)
    network = start_network(loaded, loaded.recipe, gathered, sitting)
    job = make_job(loaded.recipe, gathered, network, sitting, lambda: None)
    cases = job.cases_of_step(3)
    assert len(cases) == loaded.recipe.patches.batch
    assert set(cases) <= {case.id for case in gathered.train}
    images, labels = next(iter(job.stream(3)))
    assert images.shape == (2, 16, 16, 16, 1) and labels.shape == (2, 16, 16, 16)
