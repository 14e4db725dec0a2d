from kseg.report.search.files import read_search
from kseg.report.search.gather import search_content
from tests.report.search.samples import BASE, dice_at, random_trials, trial, write_search


def content(folder):
    return search_content(read_search(folder))


def test_the_lead_tells_what_was_searched_how_far_it_came_and_what_it_found(tmp_path):
    page = content(write_search(tmp_path))
    assert page.lead == (
        "A search (hyperband) over 6 settings of the recipe hippocampus: 14 trials (12 completed, "
        "2 failed), in 38 min 7 s. The best score is 0.8865 (validation Dice), by trial 8."
    )
    facts = {fact.name: fact.value for fact in page.facts}
    assert facts["Time"] == "38 min 7 s of 40 min" and facts["Different configurations"] == "10"
    assert facts["Score"] == "validation Dice; higher is better"
    assert facts["Data"] == "hippocampus (260 cases: 208 train, 52 validate)"


def test_a_phantom_is_named_as_such(tmp_path):
    page = content(write_search(tmp_path, phantom=True))
    assert page.phantom and "on synthetic scans (phantom): 14 trials" in page.lead


def test_the_base_recipe_is_named_where_it_was_tried(tmp_path):
    base = BASE | {"optimizer.learning_rate": 0.05}
    page = content(write_search(tmp_path, [*random_trials(3), trial(3, base, 1.0)], base=base))
    assert page.lead.endswith(f"by trial 2; the base recipe scored {dice_at(base, 1.0):.4f}.")


def test_a_base_recipe_that_is_the_best_is_said_to_be_it(tmp_path):
    page = content(write_search(tmp_path, [*random_trials(3), trial(3, BASE, 1.0)]))
    assert page.lead.endswith("by trial 3, which has the base recipe's own values.")


def test_failures_are_warned_of_with_a_first_reason(tmp_path):
    warnings = content(write_search(tmp_path)).warnings
    assert warnings[0].startswith("2 of 14 trials failed; the reason of trial 2: the network needs")
    assert warnings[1].startswith("Only 3 trials were trained as long as the best one")


def test_a_search_with_no_trial_says_so_and_how_to_go_on(tmp_path):
    page = content(write_search(tmp_path, trials=[], ended=None, spent_seconds=None))
    assert page.lead.endswith("no trial, so far. No trial has completed, so there is no best one.")
    assert "again to go on" in page.warnings[0]
    assert page.curves == page.values == page.pareto == page.importance == ()
    assert page.winner is None and page.settings


def test_a_search_of_which_every_trial_failed_has_its_table_and_no_winner(tmp_path):
    trials = [row | {"status": "failed", "score": None} for row in random_trials(3)]
    page = content(write_search(tmp_path, trials=trials))
    assert page.winner is None and len(page.trials.lines) == 3
    assert "No trial has completed" in page.lead


def test_missing_files_are_among_the_warnings(tmp_path):
    folder = write_search(tmp_path)
    for name in ("best.yaml", "importance.csv", "pareto.csv"):
        (folder / name).unlink()
    warnings = " ".join(content(folder).warnings)
    assert all(name in warnings for name in ("best.yaml", "importance.csv", "pareto.csv"))


def test_changes_that_the_search_went_on_with_are_warned_of(tmp_path):
    page = content(write_search(tmp_path, accepted=["kseg was 0.0.9 and is 0.1.0"]))
    told = "The search went on although something changed: kseg was 0.0.9 and is 0.1.0"
    assert told in page.warnings


def test_a_search_whose_data_are_not_read_yet_says_so(tmp_path):
    facts = {f.name: f.value for f in content(write_search(tmp_path, data="")).facts}
    assert facts["Data"] == "not read yet" and facts["Changed for the trials"] == "nothing"


def test_importance_is_told_the_greatest_first(tmp_path):
    lines = content(write_search(tmp_path)).importance
    values = [line.importance for line in lines]
    assert values == sorted(values, reverse=True)
    assert (lines[1].key, lines[1].effect, lines[1].trials) == ("schedule.name", "best: poly", "12")
