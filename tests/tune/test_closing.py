import pytest

from kseg.errors import KsegError, RunFolderError
from tests.tune.inline import InlineEngine
from tests.tune.searches import run


def test_the_last_lines_tell_the_winner_and_how_to_train_it(tmp_path):
    result, said = run(tmp_path)
    assert said[-3].startswith("8 trials in ") and "0 failed" in said[-3]
    assert said[-2].startswith(f"best: trial {result.best.trial}, score {result.best.score:.4f}: ")
    assert said[-1] == f"train it with: kseg fit {tmp_path / 'search' / 'best.yaml'}"


def test_the_page_is_written_when_all_else_is_there(tmp_path):
    seen = []

    def write_report(folder):
        seen.append(sorted(path.name for path in folder.iterdir()))
        return folder / "report.html"

    _, said = run(tmp_path, write_report=write_report)
    for name in ("best.yaml", "trials.csv", "pareto.csv", "importance.csv", "search.json"):
        assert name in seen[0]
    assert any(line.startswith("report -> ") for line in said)


def test_a_page_that_fails_costs_nothing(tmp_path):
    def write_report(folder):
        raise RunFolderError(why="it is odd", code="KS-V11")

    result, said = run(tmp_path, write_report=write_report)
    assert result.best is not None and any("no report was written" in line for line in said)


def test_H02_without_a_completed_trial_the_first_cause_is_told_and_the_page_written(tmp_path):
    written = []
    faults = [None, ValueError("first"), *[ValueError("second")] * 9]
    with pytest.raises(KsegError, match="3 failed; the first, trial 0: ValueError: first"):
        run(
            tmp_path, "tune.trials=3", engine=InlineEngine(faults=faults),
            write_report=lambda folder: written.append(folder),
        )  # fmt: skip
    assert written == [tmp_path / "search"]
    assert not (tmp_path / "search" / "best.yaml").exists()
    assert "ValueError: second" in (tmp_path / "search" / "trials.csv").read_text()
