"""Whole runs on scans that are interrupted, stopped, finished, extended and changed."""

import csv
import json
import shutil
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from kseg.errors import KsegError, RunFolderError
from kseg.fit import RunStoppedError
from kseg.recipe import load_recipe
from kseg.report.run_files import read_run
from kseg.storage import process
from kseg.storage.temporary import temporary_beside
from kseg.workflow import train
from tests.workflow.tiny import RECIPE, body, save, write_data, write_recipe

# Everything that carries state from step to step, and volumes read from disk by memory map.
FULL = (
    RECIPE
    + """\
optimizer: {learning_rate: 2e-2}
"""
)
WORDS = [
    "schedule.name=exponential", "schedule.decay_every_steps=4", "schedule.decay_rate=0.5",
    "schedule.staircase=true", "schedule.warmup_steps=3", "schedule.decay_every_epochs=null",
    "fit.ema=0.9", "fit.patience_epochs=4", "fit.steps=12", "fit.steps_per_epoch=2",
    "patches.ram=0.001K", "model.dropout=0.1", "augment.preset=nnunet",
]  # fmt: skip


class PowerCutError(Exception):
    pass


class Scans:
    """Scans, a recipe, and runs of it."""

    def __init__(self, root, words=WORDS):
        self.root = root
        self.words = words
        self.data = write_data(root / "data", synthetic=True, cases=4)
        self.recipe = write_recipe(root)

    def train(self, out="run", words=(), progress=None, **options):
        told = []
        flags = {"data.root": str(self.data)}
        loaded = load_recipe(self.recipe, [*self.words, *words], flags)
        result = train(
            loaded, self.root / out, self.root / "work", told.append, progress, **options
        )
        return result, told


def at(what, number, act):
    """Return a progress that acts when `what` has come to `number`."""

    def progress(done, total, now):
        if done == number and now.startswith(what):
            act()

    return progress


def power_cut():
    raise PowerCutError


def rows_of(path):
    with path.open(newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def arrays_of(folder):
    return sorted((folder / "checkpoints").glob("generation-*"))[-1] / "state.safetensors"


def assert_same_run(one, other):
    assert arrays_of(one).read_bytes() == arrays_of(other).read_bytes()
    assert rows_of(one / "history.csv") == rows_of(other / "history.csv")
    names = ["model/model.json", "model/weights.safetensors", "validation/cases.csv"]
    names += ["validation/summary.json", "recipe.lock.yaml"]
    names += [f"validation/masks/{path.name}" for path in (one / "validation/masks").iterdir()]
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Scans and a whole undisturbed run of 6 epochs on them."""
    scans = Scans(tmp_path_factory.mktemp("resume"))
    scans.train("whole")
    return scans


def test_six_epochs_are_three_a_power_cut_and_three_more(scans):
    """With running means, early stopping, warm-up, stairs, dropout and mapped volumes."""
    with pytest.raises(PowerCutError):
        scans.train("cut", progress=at("training", 7, power_cut))
    _, told = scans.train("cut")
    assert "phantom: training 12 steps of which 6 are done" in told
    assert len(rows_of(scans.root / "cut/history.csv")) == 6
    assert_same_run(scans.root / "cut", scans.root / "whole")


def test_G07_a_run_that_is_asked_to_stop_saves_within_the_epoch_and_goes_on(scans):
    """By Ctrl-C, by a scheduler's signal, by the file, one sitting after the other."""
    folder = scans.root / "stopped"
    asked = {
        3: ("Ctrl-C", lambda: signal.raise_signal(signal.SIGINT)),
        5: ("the signal SIGTERM", lambda: signal.raise_signal(signal.SIGTERM)),
        8: ("the file stop", (folder / "stop").touch),
    }
    for step, (reason, ask) in asked.items():
        with pytest.raises(RunStoppedError, match=f"stopped by {reason}") as stopped:
            scans.train("stopped", progress=at("training", step, ask))
        assert stopped.value.exit_code == 130 and stopped.value.code == "KS-G07"
        assert "same command goes on" in stopped.value.fix
        assert not {"model", "stop", "kseg.lock"} & {path.name for path in folder.iterdir()}
    _, told = scans.train("stopped")
    assert "phantom: training 12 steps of which 8 are done" in told
    assert_same_run(folder, scans.root / "whole")


@pytest.mark.parametrize("what", ["checking", "measuring", "preparing"])
def test_G07_a_stop_while_data_are_prepared_leaves_nothing_half_written(tmp_path, what):
    scans = Scans(tmp_path)
    stop = at(what, 2, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(RunStoppedError, match="SIGTERM"):
        scans.train(progress=stop)
    left = [path.name for path in tmp_path.rglob("*")]
    assert not [name for name in left if name.startswith(".kseg-tmp-") or "lock" in name]
    assert not (tmp_path / "run/checkpoints").exists()
    entries = [path for path in (tmp_path / "work/cache").glob("*") if path.is_dir()]
    assert all((path / "entry.json").is_file() for path in entries)


def test_G07_a_stop_in_the_final_validation_costs_nothing_of_the_training(scans):
    folder = scans.root / "judged"
    with pytest.raises(RunStoppedError):
        scans.train("judged", progress=at("validating case", 1, (folder / "stop").touch))
    assert (folder / "model/model.json").is_file()
    assert not (folder / "validation/summary.json").exists()
    _, told = scans.train("judged")
    assert any("12 of 12 steps are done" in line for line in told)
    assert not any("model written" in line for line in told)
    assert_same_run(folder, scans.root / "whole")


def test_a_stop_file_of_an_earlier_day_does_not_stop_a_new_run(scans):
    folder = shutil.copytree(scans.root / "whole", scans.root / "stale")
    (folder / "stop").touch()
    _, told = scans.train("stale")
    assert "removed the file stop" in told[0] and not (folder / "stop").exists()


def test_a_finished_run_does_again_only_what_is_missing(scans):
    folder = shutil.copytree(scans.root / "whole", scans.root / "missing")
    _, told = scans.train("missing")
    assert not any("validated" in line or "written" in line for line in told)
    mask = next((folder / "validation/masks").iterdir())
    mask.unlink()
    shutil.rmtree(folder / "model")
    result, told = scans.train("missing")
    assert any("model written" in line for line in told)
    assert sum("validated" in line for line in told) == 2
    assert result.summary.mean_dice == result.summary.mean_dice
    assert_same_run(folder, scans.root / "whole")


def test_leftovers_of_a_killed_process_are_removed_at_the_next_start(scans, monkeypatch):
    folder = shutil.copytree(scans.root / "whole", scans.root / "leftovers")
    dead = replace(process.this_process(), started="1")
    with monkeypatch.context() as patch:
        patch.setattr(process, "this_process", lambda: dead)
        temporary_beside(folder / "checkpoints/generation-000009").mkdir()
        temporary_beside(folder / "history.csv").write_text("half")
    scans.train("leftovers")
    assert not [path for path in folder.rglob("*") if ".kseg-tmp-" in path.name]


def test_more_epochs_extend_a_finished_run_and_its_folder_tells_of_it(scans):
    folder = shutil.copytree(scans.root / "whole", scans.root / "longer")
    result, told = scans.train("longer", ["fit.steps=16"])
    assert any("16 steps long instead of 12" in line for line in told)
    assert result.state.step == 16 and len(rows_of(folder / "history.csv")) == 8
    assert load_recipe(folder / "recipe.lock.yaml").recipe.fit.steps == 16
    origins = json.loads((folder / "recipe.origins.json").read_text())
    assert origins["fit.steps"] == {"value": 16, "origin": "--set"}
    assert sum("validated" in line for line in told) == 2
    before = load_file(arrays_of(scans.root / "whole"))
    assert any(
        not np.array_equal(before[name], array)
        for name, array in load_file(arrays_of(folder)).items()
    )


def test_how_masks_are_judged_may_change_and_is_judged_anew(scans):
    folder = shutil.copytree(scans.root / "whole", scans.root / "judging")
    scans.train("judging", ["evaluate.tolerance_mm=9"])
    summary = json.loads((folder / "validation/summary.json").read_text())
    assert "9" in json.dumps(summary)
    assert load_recipe(folder / "recipe.lock.yaml").recipe.evaluate.tolerance_mm == 9
    assert arrays_of(folder).read_bytes() == arrays_of(scans.root / "whole").read_bytes()
    name = "model/weights.safetensors"
    assert (folder / name).read_bytes() == (scans.root / "whole" / name).read_bytes()


def test_G10_another_version_of_kseg_is_refused_until_it_is_accepted(scans, monkeypatch):
    shutil.copytree(scans.root / "whole", scans.root / "version")
    monkeypatch.setattr("kseg.workflow.identity.__version__", "9.9.9")
    with pytest.raises(RunFolderError, match=r"kseg .* -> 9\.9\.9"):
        scans.train("version")
    _, told = scans.train("version", accept_changes=True)
    assert any("-> 9.9.9" in line and "accepted" in line for line in told)
    scans.train("version")


def test_G10_changed_files_are_refused_by_case_and_what_is_accepted_is_written_down(tmp_path):
    scans = Scans(tmp_path, ["fit.steps=2", "fit.steps_per_epoch=1"])
    scans.train()
    record = json.loads((arrays_of(tmp_path / "run").parent / "record.json").read_text())
    trained, last = record["state"]["trained_on"], record["identity"]["train"]
    assert trained.keys() == last.keys() and all(last[case] in trained[case] for case in last)
    assert all(len(digests) == 2 for digests in trained.values())
    changed = body(1, (17, 18, 19))[0]
    save(scans.data / "imagesTr/case1.nii.gz", changed + 3, "LPS", (1.5, 1.0, 1.0))
    with pytest.raises(RunFolderError, match="case case1: its files changed") as refused:
        scans.train()
    assert "case2" not in refused.value.why
    words = ["fit.steps=3", "optimizer.clip_norm=5"]
    result, told = scans.train(words=words, accept_changes=True)
    changes = ["optimizer.clip_norm: 12.0 -> 5.0", "case case1: its files changed"]
    assert result.state.accepted == [{"step": 2, "changes": changes}]
    assert "phantom: from step 2 on with changes that were accepted: " + "; ".join(changes) in told
    lock = load_recipe(tmp_path / "run/recipe.lock.yaml").recipe
    assert (lock.fit.steps, lock.optimizer.clip_norm) == (3, 5)
    entries = [json.loads(line) for line in (tmp_path / "run/log.jsonl").open()]
    assert [entry["accepted"] for entry in entries if "accepted" in entry] == [changes]
    told = "The training went on with changes that were accepted: " + "; ".join(changes)
    assert read_run(tmp_path / "run").notes == (told,)
    scans.train(words=words)


def test_G10_other_labels_or_another_network_are_refused_though_accepted(scans):
    folder = shutil.copytree(scans.root / "whole", scans.root / "impossible")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(RunFolderError, match="has other weights with it") as refused:
        scans.train("impossible", ["model.filters=6"], accept_changes=True)
    assert "model.filters: 4 -> 6" in refused.value.why
    manifest = scans.data / "dataset.json"
    text = manifest.read_text()
    try:
        manifest.write_text(text.replace("lesion", "tumour"))
        with pytest.raises(
            RunFolderError, match=r"labels: \[background, organ, lesion\] -> "
        ) as refused:
            scans.train("impossible", accept_changes=True)
        assert "has learnt the labels" in refused.value.why
    finally:
        manifest.write_text(text)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert {p.name for p in after if after[p] != before.get(p)} == {"log.jsonl"}


def test_G06_a_training_that_runs_out_of_memory_says_what_would_fit(tmp_path, monkeypatch):
    def fail(job):
        raise MemoryError

    monkeypatch.setattr(sys.modules["kseg.workflow.train"], "fit", fail)
    with pytest.raises(KsegError, match="does not fit into memory") as refused:
        Scans(tmp_path).train()
    assert refused.value.code == "KS-G06" and "patches.batch=1" in refused.value.fix


def test_G06_a_final_validation_that_runs_out_of_memory_says_so(scans, monkeypatch):
    folder = shutil.copytree(scans.root / "whole", scans.root / "no memory")
    (folder / "validation/summary.json").unlink()

    def fail(*facts):
        raise MemoryError

    monkeypatch.setattr(sys.modules["kseg.workflow.train"], "validate_finally", fail)
    with pytest.raises(KsegError, match="final validation .* does not fit into memory"):
        scans.train("no memory")


def test_G10_a_finished_run_without_its_checkpoints_is_not_trained_over(scans):
    folder = shutil.copytree(scans.root / "whole", scans.root / "no checkpoints")
    shutil.rmtree(folder / "checkpoints")
    with pytest.raises(RunFolderError, match="its folder checkpoints is missing"):
        scans.train("no checkpoints")
