"""Everything malicious is refused in words, and nothing in it runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.corpus import CORPUS

ROOT = Path(__file__).parents[2]
REFUSALS = {
    "model": "ModelFileError",
    "weights": "ModelFileError",
    "recipe": "RecipeError",
    "data set": "ManifestError",
    "scan": "VolumeError",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What came of each item, in a process without TensorFlow and with 3 GiB of addresses."""
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-m", "tests.security.doors", folder]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("name", CORPUS)
def test_it_is_refused_in_words(outcomes, name):
    outcome = outcomes[name]
    assert outcome["error"] == REFUSALS[CORPUS[name].door], outcome["why"]
    assert outcome["is_told"] and all(c.isprintable() or c == "\n" for c in outcome["why"])


@pytest.mark.parametrize("name", CORPUS)
def test_nothing_in_it_runs_and_nothing_outside_is_touched(outcomes, name):
    outcome = outcomes[name]
    assert outcome["seen"] == []
    assert not outcome["has_run"] and outcome["left_behind"] == []


def test_none_costs_much_memory_or_time_or_imports_tensorflow(outcomes):
    assert outcomes.keys() == CORPUS.keys()
    assert not {name: o["peak"] for name, o in outcomes.items() if o["peak"] > 16 << 20}
    assert not {name: o["seconds"] for name, o in outcomes.items() if o["seconds"] > 10}
    assert not {name: o["heavy"] for name, o in outcomes.items() if o["heavy"]}


@pytest.mark.parametrize("name", ["python-object-apply", "python-name", "python-object-new"])
def test_a_tag_of_python_is_the_reason_that_is_told(outcomes, name):
    assert "must have no tag" in outcomes[name]["why"]


@pytest.mark.parametrize("name", ["alias-bomb", "alias-of-itself"])
def test_an_alias_is_the_reason_that_is_told(outcomes, name):
    assert "no anchors and aliases" in outcomes[name]["why"]
