import keras
import pytest

from kseg.testing import ContractError
from kseg.testing.contract import config_gaps, enforce, through_json


def finds_two(case):
    yield f"{case} must be one"
    yield f"{case} must be two"


def fails_early(case):
    keras.config.set_dtype_policy("mixed_bfloat16")
    raise RuntimeError("a word " * 100)


def finds_nothing(case):
    yield from ()


def test_all_broken_rules_are_told_at_once_and_one_that_raises_hides_none():
    with pytest.raises(ContractError) as caught:
        enforce("Part", "it", [fails_early, finds_two, finds_two, finds_nothing])
    error = caught.value
    assert isinstance(error, AssertionError) and error.subject == "Part"
    first, *others = error.violations
    assert first.startswith("the check of fails early failed with RuntimeError: a word")
    assert len(first) < 320 and others == ["it must be one", "it must be two"]
    assert str(error).startswith("Part breaks the contract in 3 places:\n  - the check")
    assert keras.config.dtype_policy().name == "float32"


def test_a_part_without_a_broken_rule_passes_in_silence():
    assert enforce("Part", "it", [finds_nothing]) is None


def test_a_configuration_must_be_plain_and_whole():
    class Part:
        def __init__(self, width, *names, depth=1, **more):
            pass

    (sentence,) = config_gaps(Part, {"width": 1, "names": ()})
    assert sentence.endswith("It lacks `depth`")
    assert "what JSON can hold" in next(config_gaps(Part, {"width": object(), "depth": 1}))
    assert through_json({"size": (1, 2)}) == {"size": [1, 2]}
