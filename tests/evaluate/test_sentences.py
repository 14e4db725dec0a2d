import math
from dataclasses import replace

import pytest

from kseg.evaluate.comparison import OVER_LABELS, ComparedLabel
from kseg.evaluate.sentences import sentence

AB = ("A", "B")
BETTER = ComparedLabel(
    "dice", "liver", 40, 40, 0, 40, 0.921, 0.903, 0.018, 0.006, 0.03, 31, 9, 0, 0.001, 0.004, "A"
)
SAME = replace(
    BETTER, label="spleen", first_mean=0.9, second_mean=0.9001, difference=-0.0001,
    low=-0.01, high=0.01, better=19, worse=21, p=0.41, corrected_p=0.41, winner="",
)  # fmt: skip
OVERALL = replace(SAME, label=OVER_LABELS)
WORSE = replace(
    BETTER, label="tail", first_mean=0.7, second_mean=0.8, difference=-0.1,
    low=-0.15, high=-0.05, better=5, worse=35, p=1e-5, corrected_p=3e-5, winner="B",
)  # fmt: skip


def test_better_label_is_told_with_its_numbers_and_the_others_without():
    assert sentence([BETTER, SAME, replace(SAME, label="aorta"), OVERALL], AB) == (
        "Dice: A is better than B for liver (0.921 against 0.903; difference 0.018, 95 % interval"
        " 0.006 to 0.030; 31 of 40 cases better; p = 0.004 after correction for 3 labels)."
        " No difference shown for the mean over labels (0.900 against 0.900; difference 0.000,"
        " 95 % interval -0.010 to 0.010; A better in 19, B in 21 of 40 cases; p = 0.41)."
        " No difference shown for spleen and aorta."
    )


def test_no_difference_is_no_proof_of_equality():
    alone = sentence([SAME, OVERALL], AB)
    assert alone.startswith("Dice: no difference shown between A and B (0.900 against 0.900;")
    assert alone.endswith("p = 0.41). That is no proof that they are equal.")
    several = sentence([SAME, replace(SAME, label="aorta"), OVERALL], AB)
    assert "no difference shown between A and B, neither for any of 2 labels nor" in several


def test_numbers_stand_in_the_order_of_the_words():
    said = sentence([BETTER, WORSE, OVERALL], AB)
    assert "B is better than A for tail (0.800 against 0.700; difference 0.100, 95 %" in said
    assert "interval 0.050 to 0.150; 35 of 40 cases better; p < 0.001 after" in said


def test_mean_over_labels_may_differ_where_no_single_label_does():
    overall = replace(BETTER, label=OVER_LABELS)
    said = sentence([SAME, replace(SAME, label="aorta"), overall], AB)
    assert said.startswith("Dice: A is better than B in the mean over labels (0.921 against 0.903;")
    assert said.endswith("No difference shown for spleen and aorta.")


def test_label_with_too_few_subjects_is_told():
    few = replace(SAME, label="tail", subjects=3, p=math.nan, corrected_p=math.nan)
    assert sentence([BETTER, few, OVERALL], AB).endswith("Too few subjects to test tail (3).")
    overall = replace(OVERALL, subjects=3, p=math.nan, corrected_p=math.nan, low=math.nan)
    said = sentence([few, overall], AB)
    assert "3 with a value in both, and at least 6 are needed (0.900 against" in said
    assert "interval" not in said and "p =" not in said and "nan" not in said


def test_units_are_told():
    row = replace(BETTER, measure="hd95_mm", first_mean=3.4, second_mean=4.1, difference=-0.7,
                  low=-1.2, high=-0.2)  # fmt: skip
    said = sentence([row, replace(row, label=OVER_LABELS)], AB)
    assert "(3.40 against 4.10 mm; difference -0.70 mm, 95 % interval -1.20 to -0.20 mm;" in said


def test_small_difference_that_is_there_does_not_read_as_zero():
    row = replace(BETTER, first_mean=0.90004, second_mean=0.9, difference=0.00004, low=1e-5)
    assert "(0.90004 against 0.90000; difference 0.00004, 95 %" in sentence([row, OVERALL], AB)


def test_better_ranks_with_a_worse_mean_are_told():
    row = replace(BETTER, difference=-0.018, first_mean=0.903, second_mean=0.921)
    assert "its mean is the worse one all the same" in sentence([row, OVERALL], AB)
    assert "all the same" not in sentence([BETTER, OVERALL], AB)


def test_values_that_only_one_has_are_told():
    row = replace(BETTER, one_sided=2)
    assert "; 2 left out where only one has a value;" in sentence([row, OVERALL], AB)
    overall = replace(OVERALL, one_sided=2)
    assert "; labels of 2 left out where only one has a value;" in sentence([SAME, overall], AB)


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0004, "p < 0.001"), (0.0012, "p = 0.001"), (0.0497, "p = 0.0497"), (0.0503, "p = 0.050"),
     (0.41, "p = 0.41"), (1.0, "p = 1.00")],
)  # fmt: skip
def test_p_is_told_so_that_rounding_never_crosses_its_limit(p, text):
    assert f"; {text})" in sentence([SAME, replace(OVERALL, corrected_p=p)], AB)


def test_many_labels_are_not_all_listed():
    many = [replace(SAME, label=f"vertebra {n}") for n in range(30)]
    said = sentence([BETTER, *many, OVERALL], AB)
    assert said.endswith("vertebra 3, vertebra 4 and 25 more labels.")


def test_many_better_labels_are_told_by_the_largest_differences():
    """The labels of 104 structures gave 15,000 characters."""
    many = [replace(BETTER, label=f"bone {n}", difference=n / 1000) for n in range(1, 105)]
    said = sentence([*many, OVERALL], AB)
    assert len(said) < 1200 and said.startswith("Dice: A is better than B for bone 104 (0.921")
    assert "), bone 100 (" in said and "bone 99" not in said
    assert ") and 99 more labels: see comparison.csv. No difference shown for the mean" in said


def test_six_better_labels_are_all_told_in_their_own_order():
    six = [replace(BETTER, label=f"bone {n}", difference=n / 1000) for n in range(1, 7)]
    said = sentence([*six, OVERALL], AB)
    assert "for bone 1 (" in said and "and bone 6 (" in said and "more labels" not in said


def test_a_label_that_one_of_the_two_never_finds_counts_as_the_most_different():
    many = [replace(BETTER, label=f"bone {n}", difference=n / 1000) for n in range(1, 8)]
    never = replace(BETTER, label="skull", finite_pairs=0, difference=math.nan)
    assert "better than B for skull (these over the 0" in sentence([*many, never, OVERALL], AB)
