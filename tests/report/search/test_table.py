import pytest

from kseg.errors import RunFolderError
from kseg.report.search.table import read_table, to_bool, to_int


def test_a_table_is_read_as_texts(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text('\ufefftrial,reason\n0,"a, ""b""\nc"\n1,\n', encoding="utf-8")
    assert read_table(path, ["trial"]) == [
        {"trial": "0", "reason": 'a, "b"\nc'},
        {"trial": "1", "reason": ""},
    ]


@pytest.mark.parametrize(
    "content, why",
    [
        (b"a,b\n1\n", "row 1 has more or fewer cells"),
        (b"a,b\n1,2\n1,2,3\n", "row 2 has more or fewer cells"),
        (b"b\n1\n", "no column 'a'"),
        (b"a\n\xff\n", "utf-8"),
        (b'a\n"1\n', "unexpected end of data"),
    ],
)
def test_a_damaged_table_is_refused_by_name(tmp_path, content, why):
    path = tmp_path / "trials.csv"
    path.write_bytes(content)
    with pytest.raises(RunFolderError, match=why) as refused:
        read_table(path, ["a"])
    assert refused.value.file == str(path) and refused.value.code == "KS-V11"


@pytest.mark.parametrize("content", [b"", b"\n", b'""\n', b"dominated\n"])
def test_a_table_of_nothing_needs_no_columns(tmp_path, content):
    path = tmp_path / "pareto.csv"
    path.write_bytes(content)
    assert read_table(path, ["trial"]) == []


@pytest.mark.parametrize("text", ["3.5", "three", "", "nan", "inf"])
def test_what_is_no_whole_number_is_refused(text):
    with pytest.raises((ValueError, OverflowError)):
        to_int(text)


def test_what_is_neither_true_nor_false_is_refused():
    with pytest.raises(ValueError, match="true or false"):
        to_bool("1")
