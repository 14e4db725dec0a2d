import numpy as np
import pytest

from kseg.recipe import TuneSection
from kseg.tune.importance import importance
from tests.tune.test_record import A_RECORD

SPACE = {
    "optimizer.learning_rate": {"float": (1e-4, 1e-1), "scale": "log"},
    "model.depth": {"int": (3, 5)},
    "schedule.name": {"choice": ("poly", "exponential", "cosine")},
    "schedule.decay_rate": {"float": (0.5, 0.9), "when": {"schedule.name": "exponential"}},
}


def tune(direction="max"):
    objective = {"metric": "val_dice", "direction": direction}
    return TuneSection(oracle="grid", objective=objective, space=SPACE)


def trials(score, count=40, seed=0, **changes):
    """Random trials with a score that depends on their values."""
    random = np.random.default_rng(seed)
    records = []
    for number in range(count):
        values = {
            "optimizer.learning_rate": float(10 ** random.uniform(-4, -1)),
            "model.depth": int(random.integers(3, 6)),
            "schedule.name": str(random.choice(["poly", "exponential", "cosine"])),
        }
        if values["schedule.name"] == "exponential":
            values["schedule.decay_rate"] = float(random.uniform(0.5, 0.9))
        noise = float(random.normal(0, 0.01))
        fields = {"trial": number, "continues": None, "share_to": 1.0} | changes
        records.append(A_RECORD.changed(values=values, score=score(values) + noise, **fields))
    return records


def table(records, direction="max"):
    return importance(records, tune(direction)).set_index("parameter")


def test_what_the_score_follows_comes_first_with_its_direction():
    found = table(trials(lambda v: np.log10(v["optimizer.learning_rate"])))
    assert found.index[0] == "optimizer.learning_rate"
    assert found.importance.iloc[0] > 0.95 and found.effect.iloc[0] == "higher is better"
    assert found.importance.iloc[1] < 0.5


def test_with_a_score_that_shall_be_small_the_direction_turns():
    found = table(trials(lambda v: v["model.depth"]), "min")
    assert (found.index[0], found.effect.iloc[0]) == ("model.depth", "lower is better")


def test_null_among_the_values_of_a_choice_is_named_where_it_is_the_best():
    space = {"fit.ema": {"choice": (None, 0.9)}}
    values = [{"fit.ema": (None, 0.9)[number % 2]} for number in range(20)]
    records = [
        A_RECORD.changed(trial=number, values=each, score=0.8 - 0.2 * (number % 2))
        for number, each in enumerate(values)
    ]
    (row,) = importance(records, TuneSection(oracle="grid", space=space)).to_dict("records")
    assert row["effect"] == "best: null" and row["importance"] > 0.9


def test_a_range_whose_best_lies_in_its_middle_is_seen():
    found = table(trials(lambda v: -((np.log10(v["optimizer.learning_rate"]) + 2.5) ** 2)))
    assert found.index[0] == "optimizer.learning_rate" and found.importance.iloc[0] > 0.7
    low, high = map(float, found.effect.iloc[0].removeprefix("best: ").split(" to "))
    assert low < 10**-2.5 < high


def test_a_choice_names_its_best():
    found = table(trials(lambda v: v["schedule.name"] == "cosine"))
    assert (found.index[0], found.effect.iloc[0]) == ("schedule.name", "best: cosine")


def test_chance_makes_nothing_important():
    strongest = [table(trials(lambda v: 0.0, seed=seed)).importance.max() for seed in range(20)]
    assert np.median(strongest) < 0.45


def test_a_key_rests_on_the_trials_that_had_it():
    records = trials(lambda v: 0.0)
    having = sum("schedule.decay_rate" in record.values for record in records)
    assert table(records).trials["schedule.decay_rate"] == having


def test_long_trainings_are_not_compared_with_short_ones():
    short = trials(lambda v: v["model.depth"] / 100, share_to=1 / 9)
    long = [r.changed(trial=r.trial + 40) for r in trials(lambda v: 5 + v["model.depth"] / 100)]
    assert table([*short, *long]).index[0] == "model.depth"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_trials_say_that_they_are_few(count):
    found = table(trials(lambda v: v["model.depth"], count))
    assert set(found.effect) == {"too few trials to tell"} and found.importance.isna().all()


def test_failed_trials_and_equal_scores_tell_nothing():
    records = [r.changed(score=0.5) for r in trials(lambda v: 0.0)]
    assert set(table(records).importance) == {0.0}
    failed = [r.changed(status="failed", score=None) for r in records]
    assert set(table(failed).trials) == {0}


def test_what_was_ended_early_ranks_below_what_was_not_whatever_it_scored_on_its_way():
    records = trials(lambda values: values["model.depth"])
    ended = [
        record.changed(status="pruned", score=99.0) if record.values["model.depth"] == 3 else record
        for record in records
    ]
    assert table(ended).effect["model.depth"] == "higher is better"


def test_a_value_from_before_the_key_became_a_range_is_left_out():
    records = trials(lambda values: values["model.depth"])
    odd = [
        records[0].changed(values=dict(records[0].values) | {"model.depth": "deep"}),
        *records[1:],
    ]
    rows = table(odd)
    assert rows.trials["model.depth"] == len(records) - 1
    assert rows.effect["model.depth"] == "higher is better"
