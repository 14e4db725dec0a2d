from pathlib import Path

import pytest

from kseg.dataset.problems import Problem, refuse
from kseg.errors import ManifestError


def test_one_problem_is_told_plainly():
    with pytest.raises(ManifestError) as caught:
        refuse([Problem("KS-E01", "the id stands twice", "rename one")], Path("d.json"))
    assert (caught.value.why, caught.value.code) == ("the id stands twice", "KS-E01")
    assert caught.value.exit_code == 4


def test_several_problems_are_told_at_once_each_with_its_code():
    problems = [Problem("KS-E01", "first", "do this"), Problem("KS-E05", "second", "do this")]
    with pytest.raises(ManifestError) as caught:
        refuse(problems, Path("d.json"))
    text = str(caught.value)
    assert "2 problems" in text and "first  [KS-E01]" in text and "second  [KS-E05]" in text
    assert text.count("do this") == 1
