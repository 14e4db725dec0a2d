"""Every step of a whole run on the disk fails once: caches, records, masks and tables too."""

import shutil
from dataclasses import replace
from functools import partial

import pytest

from tests.faults.matrix import Work, do_undisturbed, fail_and_go_on
from tests.faults.whole_run import keep_what_was_traced, sit, write_inputs

FEWEST_STEPS, FEWEST_STEPS_TO_EXTEND = 150, 70


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def work(recipe):
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


def test_G02_a_finished_run_that_is_extended_may_fail_anywhere_too(work, recipe, tmp_path):
    """Old weights, tables and masks give way to new ones, and are never taken for them."""
    sit(recipe, tmp_path / "short" / "run", tmp_path / "short" / "work", "fit.epochs=1")
    extending = replace(work, prepare=partial(shutil.copytree, tmp_path / "short"))
    undisturbed = do_undisturbed(extending, tmp_path / "undisturbed")
    tables = [tmp_path / name / "run/validation/cases.csv" for name in ("short", "undisturbed")]
    assert tables[0].read_text() != tables[1].read_text()
    points = undisturbed.one_point_a_step()
    assert len(points) >= FEWEST_STEPS_TO_EXTEND
    fail_and_go_on(extending, undisturbed, points, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_may_fail_at_every_step_in_every_way(work, undisturbed, tmp_path):
    fail_and_go_on(work, undisturbed, undisturbed.points(), tmp_path)
