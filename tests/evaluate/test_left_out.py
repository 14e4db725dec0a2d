from kseg.evaluate.judge import CaseNote, Failure
from kseg.evaluate.left_out import Against, LeftOut

LEFT_OUT = LeftOut(
    missing=("a",),
    unused=("z.nii",),
    failed=(Failure("b", "it is empty", "KS-A04", "/home/anna/p/b.nii.gz", "copy it again"),),
    notes=(CaseNote("c", "resampled", "it was resampled"),),
)


def test_all_four_are_told_and_no_place_of_a_file():
    assert LEFT_OUT.to_dict() == {
        "missing": ["a"],
        "unused": ["z.nii"],
        "failed": [
            {
                "case": "b",
                "why": "it is empty",
                "code": "KS-A04",
                "file": "b.nii.gz",
                "fix": "copy it again",
            }
        ],
        "notes": [{"case": "c", "note": "it was resampled"}],
    }


def test_the_other_prediction_is_told_with_its_name_and_its_cases():
    told = Against("theirs", 7, LEFT_OUT).to_dict()
    assert (told["name"], told["cases"], told["missing"]) == ("theirs", 7, ["a"])
    assert told.keys() == {"name", "cases"} | LEFT_OUT.to_dict().keys()
