import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kseg.dataset import Case, DataSet, fold_numbers, split_cases
from kseg.dataset.splits import assign_folds
from kseg.errors import ManifestError


def make(subjects, splits=None):
    splits = splits or [None] * len(subjects)
    cases = tuple(
        Case(f"c{number:03d}", subject, (Path("x"),), Path("y"), split)
        for number, (subject, split) in enumerate(zip(subjects, splits, strict=True))
    )
    return DataSet("demo", "msd", Path("demo"), cases, ("background", "x"), ("CT",))


def shuffled(dataset, seed):
    cases = list(dataset.cases)
    random.Random(seed).shuffle(cases)
    return DataSet("demo", "msd", Path("demo"), tuple(cases), ("background", "x"), ("CT",))


@given(
    st.lists(st.sampled_from("abcdefghij"), min_size=5, max_size=40),
    st.integers(2, 5),
    st.integers(0, 2**32),
)
def test_folds_part_the_cases_and_never_divide_a_subject(subjects, folds, seed):
    dataset = make(subjects)
    if len(set(subjects)) < folds:
        with pytest.raises(ManifestError):
            split_cases(dataset, fold=0, folds=folds, seed=seed)
        return
    seen = []
    for fold in range(folds):
        split = split_cases(dataset, fold=fold, folds=folds, seed=seed)
        assert not {c.subject for c in split.train} & {c.subject for c in split.validation}
        assert sorted((*split.train, *split.validation), key=lambda c: c.id) == list(dataset.cases)
        assert split == split_cases(shuffled(dataset, seed), fold=fold, folds=folds, seed=seed)
        seen += split.validation
    assert sorted(seen, key=lambda c: c.id) == list(dataset.cases)


@given(st.integers(2, 10), st.integers(0, 100), st.integers(0, 50))
def test_folds_of_single_cases_differ_by_one_at_most(folds, extra, seed):
    dataset = make([f"s{number}" for number in range(folds + extra)])
    sizes = Counter(assign_folds(dataset.cases, folds, seed).values())
    assert max(sizes.values()) - min(sizes.values()) <= 1 and len(sizes) == folds


@given(st.integers(0, 200))
def test_a_subject_of_many_cases_does_not_make_its_fold_the_largest_twice(seed):
    subjects = [name for name, count in zip("abcdefg", (4, 4, 2, 2, 2, 1, 1)) for _ in range(count)]
    dataset = make(subjects)
    folds = assign_folds(dataset.cases, 2, seed)
    sizes = Counter(folds[case.subject] for case in dataset.cases)
    assert sizes == {0: 8, 1: 8}


def test_two_hundred_cases_give_five_folds_of_forty():
    dataset = make([f"s{number}" for number in range(200)])
    assert all(
        len(split_cases(dataset, fold=fold, folds=5, seed=12345).validation) == 40
        for fold in range(5)
    )


def test_another_seed_gives_another_split():
    dataset = make([f"s{number}" for number in range(50)])
    splits = {split_cases(dataset, fold=0, folds=5, seed=seed).validation for seed in range(4)}
    assert len(splits) == 4


def test_the_folds_of_a_seed_never_change_from_one_release_to_the_next():
    dataset = make(list("abcdefgh"))
    assert assign_folds(dataset.cases, 4, 12345) == {
        "a": 0,
        "b": 2,
        "c": 3,
        "d": 1,
        "e": 3,
        "f": 2,
        "g": 1,
        "h": 0,
    }


def test_fold_all_trains_on_every_case_and_validates_on_none():
    dataset = make(list("abc"), ["train", "validation", "test"])
    split = split_cases(dataset, fold="all", folds=5, seed=1)
    assert [case.subject for case in split.train] == ["a", "b"] and split.validation == ()


def test_a_split_given_by_the_data_set_wins():
    dataset = make(list("abcd"), ["train", "validation", "test", "train"])
    split = split_cases(dataset, fold=0, folds=5, seed=1)
    assert [case.subject for case in split.train] == ["a", "d"]
    assert [case.subject for case in split.validation] == ["b"]
    with pytest.raises(ManifestError, match="no fold 1"):
        split_cases(dataset, fold=1, folds=5, seed=1)


def test_folds_given_by_the_data_set_win():
    dataset = make(list("abcd"), ["0", "1", "2", "test"])
    split = split_cases(dataset, fold=2, folds=5, seed=1)
    assert [case.subject for case in split.validation] == ["c"]
    assert [case.subject for case in split.train] == ["a", "b"]
    with pytest.raises(ManifestError, match="folds 0, 1, 2; there is no fold 3"):
        split_cases(dataset, fold=3, folds=5, seed=1)


def test_e10_an_empty_side_is_refused():
    with pytest.raises(ManifestError, match="2 to train and 0 to validate") as caught:
        split_cases(make(["a", "b"], ["train", "train"]), fold=0, folds=5, seed=1)
    assert caught.value.code == "KS-E10"


def test_e10_more_folds_than_subjects_are_refused_with_the_largest_that_works():
    with pytest.raises(ManifestError) as caught:
        split_cases(make(["a", "a", "b", "c"]), fold=0, folds=5, seed=1)
    assert "`data.folds` to 3" in caught.value.fix


def test_a_fold_that_does_not_exist_is_a_programmers_mistake():
    with pytest.raises(ValueError, match="fold=5"):
        split_cases(make(list("abcdef")), fold=5, folds=5, seed=1)


def test_the_folds_of_a_data_set_come_before_those_that_are_wanted():
    assert fold_numbers(make("abc"), 3) == (0, 1, 2)
    assert fold_numbers(make("abc", ["10", "2", "2"]), 5) == (2, 10)
    assert fold_numbers(make("abc", ["0", "test", "3"]), 5) == (0, 3)
    assert fold_numbers(make("ab", ["test", None]), 2) == (0, 1)


@pytest.mark.parametrize("splits", [["train", "validation"], ["train", "train"]])
def test_one_fixed_split_is_not_taken_for_folds(splits):
    with pytest.raises(ManifestError, match="there are no folds") as refused:
        fold_numbers(make("ab", splits), 2)
    assert refused.value.code == "KS-E10" and "kseg fit" in refused.value.fix
