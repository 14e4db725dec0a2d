"""Every step of a whole run on the disk fails once: caches, records, masks and tables too."""

import pytest

from tests.faults.matrix import Work, do_undisturbed, fail_and_go_on
from tests.faults.whole_run import keep_what_was_traced, sit, write_inputs

FEWEST_STEPS = 150


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    recipe = write_inputs(tmp_path_factory.mktemp("inputs"))
    with pytest.MonkeyPatch.context() as patch:
        keep_what_was_traced(patch)
        yield Work(do=lambda folder: sit(recipe, folder / "run", folder / "work"))


@pytest.fixture(scope="module")
def undisturbed(work, tmp_path_factory):
    return do_undisturbed(work, tmp_path_factory.mktemp("undisturbed") / "0")


def test_G01_G04_G12_wherever_a_run_fails_the_same_command_again_ends_with_the_same_bits(
    work, undisturbed, tmp_path
):
    points = undisturbed.one_point_a_step()
    assert len(points) >= FEWEST_STEPS
    assert {"cases.csv", "summary.json", "history.csv", "model.json", "entry.json"} <= {
        step.path.name.rsplit("-", 1)[-1] for step in undisturbed.steps
    }
    fail_and_go_on(work, undisturbed, points, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_may_fail_at_every_step_in_every_way(work, undisturbed, tmp_path):
    fail_and_go_on(work, undisturbed, undisturbed.points(), tmp_path)
