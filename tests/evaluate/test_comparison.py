import json
import math

from kseg.evaluate.comparison import ComparedLabel, Comparison, Unpaired

BLANK = math.nan
ROW = ComparedLabel(
    "dice", "liver", 3, 3, 0, 3, 0.9, 0.8, 0.1, BLANK, BLANK, 3, 0, 0, BLANK, BLANK, ""
)


def test_blanks_are_null_in_plain_data():
    data = ROW.to_dict()
    assert data["low"] is None and data["p"] is None and data["difference"] == 0.1
    assert data["winner"] == "" and data["pairs"] == 3


def test_comparison_is_plain_data():
    lone = Unpaired("a", "", "A")
    data = Comparison(("A", "B"), (ROW,), ("Dice: …",), (lone,)).to_dict()
    assert list(data) == ["first", "second", "sentences", "rows", "unpaired"]
    assert data["unpaired"] == [{"case": "a", "label": "", "only_in": "A"}]
    assert json.loads(json.dumps(data, allow_nan=False)) == data
