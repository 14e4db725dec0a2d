import pytest

from kseg.engine import WorkerDiedError
from kseg.recipe import load_recipe
from kseg.tune.lifecycle import Lifecycle, write_proposal
from kseg.tune.oracle import Proposal
from kseg.tune.store import TrialStore
from tests.tune import stub
from tests.tune.inline import InlineEngine
from tests.tune.searches import a_recipe

VALUES = {"model.depth": 1, "optimizer.learning_rate": 0.5, "schedule.name": 0, "patches.size": 1}


@pytest.fixture
def made(tmp_path):
    def make(*changes, engine=None):
        loaded = a_recipe(tmp_path, *changes)
        store = TrialStore(tmp_path / "search")
        engine = engine or InlineEngine()
        life = Lifecycle(loaded, store, engine, tmp_path / "work", stub.run_trial)
        return loaded, store, engine, life

    return make


def proposed(store, loaded, number=0, continues=None, share=(0.0, 1.0)):
    return write_proposal(store, loaded.recipe.tune, number, Proposal(VALUES, continues, *share))


def test_a_proposal_is_on_the_disk_before_anything_is_done_with_it(made):
    loaded, store, _, _ = made()
    record = proposed(store, loaded)
    again = TrialStore(store.folder(0).parents[1])
    again.read(print)
    assert again.records == {0: record} and record.is_running
    assert record.values["model.depth"] == 4 and record.values["patches.size"] == (64, 96, 96)
    assert record.values["optimizer.learning_rate"] == 1e-3


def test_the_recipe_of_a_trial_is_the_base_with_its_values_and_those_of_all_trials(made):
    loaded, store, engine, life = made("tune.trial={fit.steps: 90}")
    running = life.begin(proposed(store, loaded))
    recipe = load_recipe(store.folder(0) / "recipe.yaml").recipe
    assert recipe == life.recipe(running.record)
    assert recipe.fit.steps == 90 and recipe.model.depth == 4 and recipe.tune is None
    assert recipe.name == "stub"


def test_a_promoted_trial_trains_in_the_folder_of_the_first(made):
    loaded, store, engine, life = made("tune.oracle=hyperband")
    first = life.end(life.begin(proposed(store, loaded, 0, None, (0.0, 1 / 3))))
    promoted = proposed(store, loaded, 1, 0, (1 / 3, 1.0))
    life.begin(promoted)
    (_, (one,)), (_, (other,)) = engine.submitted
    assert one.folder == other.folder and one.recipe == other.recipe
    assert (one.share, other.share) == (1 / 3, 1.0)
    assert promoted.root == first.trial == 0


def test_an_outcome_is_scored_and_kept_with_its_curve_and_history(made):
    loaded, store, _, life = made()
    record = life.end(life.begin(proposed(store, loaded)))
    assert record.status == "completed" and record.score == record.metrics["val_dice"]
    assert len(record.curve) == 4 and record.attempts == 1 and record.told == 1
    assert (store.folder(0) / "history.csv").read_text().startswith("epoch,")
    assert store.records[0] == record


def test_only_what_was_killed_from_outside_is_gone_on_with_and_only_so_often(made):
    faults = [WorkerDiedError(-9), WorkerDiedError(-9), WorkerDiedError(-11), ValueError("odd")]
    loaded, store, _, life = made("tune.retries=1", engine=InlineEngine(faults=faults))
    running = life.begin(proposed(store, loaded))
    assert life.may_be_gone_on_with(running)
    running = life.begin(life.pause(running, was_killed=True))
    assert not life.may_be_gone_on_with(running) and running.record.attempts == 2
    for number in (1, 2):
        assert not life.may_be_gone_on_with(life.begin(proposed(store, loaded, number)))


def test_a_failure_keeps_its_reason_and_has_no_score(made):
    loaded, store, _, life = made(engine=InlineEngine(faults=[ValueError("odd")]))
    record = life.end(life.begin(proposed(store, loaded)))
    assert (record.status, record.score, record.reason) == ("failed", None, "ValueError: odd")


def test_only_checkpoints_that_nobody_needs_are_dropped(made):
    loaded, store, _, life = made()
    records = [life.end(life.begin(proposed(store, loaded, number))) for number in range(3)]
    proposed(store, loaded, 3)
    folders = [store.run_folder(record) / "checkpoints" for record in records]
    assert all(folder.is_dir() for folder in folders)
    life.drop_checkpoints(records[1])
    assert [folder.is_dir() for folder in folders] == [False, True, False]
    assert all(folder.parent.is_dir() for folder in folders)


def test_the_curves_of_others_are_handed_on_where_trials_may_end_early(made):
    loaded, store, engine, life = made("tune.prune={after_trials: 1}")
    life.end(life.begin(proposed(store, loaded, 0)))
    life.begin(proposed(store, loaded, 1))
    assert engine.submitted[0][1][0].curves == ()
    assert engine.submitted[1][1][0].curves == (store.records[0].curve,)
