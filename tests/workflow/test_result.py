from pathlib import Path

from kseg.fit import FitState
from kseg.workflow import RunResult


def test_a_result_holds_the_lines_that_the_run_ended_with(tiny_run):
    result = tiny_run.result
    (line,) = result.last_words
    assert tiny_run.told[-1] == f"phantom: {line}"
    assert result.folder == tiny_run.folder and result.summary.cases == 2
    assert result == RunResult(result.folder, result.state, result.summary, True, (line,))
    assert RunResult(Path("run"), FitState(), None, False, ()) != result
