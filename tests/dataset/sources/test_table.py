import pytest

from kseg.dataset.sources import open_table
from kseg.errors import ManifestError
from tests.dataset.folders import LABELS, table_folder, write_json, write_scan

HEAD = "id,subject,image,label,split\n"
ROWS = "".join(f"{n},p{n},scans/{n}.nii.gz,masks/{n}.nii.gz,\n" for n in "abc")


def refusal(root, text):
    with pytest.raises(ManifestError) as caught:
        open_table(table_folder(root, text))
    return caught.value


def test_a_table_is_read_from_its_file_or_its_folder(tmp_path):
    table_folder(tmp_path, HEAD + ROWS)
    for root in (tmp_path, tmp_path / "cases.csv"):
        dataset = open_table(root)
        assert [(case.id, case.subject) for case in dataset.cases][0] == ("a", "pa")
        assert dataset.source == "table" and dataset.channels == ("CT",)
        assert dataset.label_names == ("background", "liver", "lesion")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_e08_byte_order_marks_line_ends_and_delimiters_are_no_harm(tmp_path, delimiter, newline):
    text = (HEAD + ROWS).replace(",", delimiter).replace("\n", newline)
    dataset = open_table(table_folder(tmp_path, text, encoding="utf-8-sig"))
    assert [case.id for case in dataset.cases] == ["a", "b", "c"]
    assert dataset.cases[0].split is None


@pytest.mark.parametrize("names", [("007", "008", "1e5"), ("None", "nan", "NA")])
def test_e09_every_cell_stays_text(tmp_path, names):
    rows = "".join(f"{n},{n},scans/{n}.nii.gz,masks/{n}.nii.gz,\n" for n in names)
    dataset = open_table(table_folder(tmp_path, HEAD + rows, names))
    assert sorted(case.id for case in dataset.cases) == sorted(names)
    assert all(case.subject == case.id for case in dataset.cases)


def test_rows_without_a_label_are_unlabelled_and_empty_rows_are_skipped(tmp_path):
    text = "id,image,label\n\na,scans/a.nii.gz,masks/a.nii.gz\n,,\nb,scans/b.nii.gz,\n"
    dataset = open_table(table_folder(tmp_path, text))
    assert [case.id for case in dataset.cases] == ["a"]
    assert [case.id for case in dataset.unlabelled] == ["b"]


def test_one_column_a_channel_names_the_channels(tmp_path):
    text = "id,image_T1,image_flair,label\na,scans/a.nii.gz,scans/b.nii.gz,masks/a.nii.gz\n"
    dataset = open_table(table_folder(tmp_path, text))
    assert dataset.channels == ("T1", "flair") and len(dataset.cases[0].images) == 2


def test_places_are_lines_of_the_file(tmp_path):
    text = "id,image\na,scans/a.nii.gz\n\na,scans/b.nii.gz\n"
    error = refusal(tmp_path, text)
    assert error.code == "KS-E01" and "line 2, line 4" in error.why


@pytest.mark.parametrize(
    "header",
    ["name,image,label", "id,label,split", "id,image,image_T1", "id,image,age", "id,id,image"],
)
def test_other_columns_are_refused_and_named(tmp_path, header):
    error = refusal(tmp_path, f"{header}\na,scans/a.nii.gz,masks/a.nii.gz\n")
    assert error.code == "KS-E08" and "image" in error.why


def test_a_row_with_more_cells_than_columns_is_refused(tmp_path):
    error = refusal(tmp_path, "id,image\na,scans/a.nii.gz,masks/a.nii.gz\n")
    assert error.code == "KS-E08"


@pytest.mark.parametrize("text", ["", "id,image\n\xe4,\x00", '"id,image\n'])
def test_what_is_no_table_is_refused(tmp_path, text):
    with pytest.raises(ManifestError):
        open_table(table_folder(tmp_path, text, encoding="latin-1"))


def test_splits_are_read_as_sides_or_folds(tmp_path):
    sides = HEAD + ROWS.replace(",\n", ",{}\n").format("train", "Validation", "test")
    assert [c.split for c in open_table(table_folder(tmp_path / "1", sides)).cases] == [
        "train",
        "validation",
        "test",
    ]
    folds = HEAD + ROWS.replace(",\n", ",{}\n").format("00", "1", "test")
    assert [c.split for c in open_table(table_folder(tmp_path / "2", folds)).cases] == [
        "0",
        "1",
        "test",
    ]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (("train", "valid", "train"), "line 3: split must be"),
        (("train", "1", "validation"), "line 3 gives a fold number, line 2 says train"),
        (("train", "validation", ""), "1 labelled case has no split"),
    ],
)
def test_e10_splits_that_cannot_be_read_are_refused(tmp_path, splits, message):
    error = refusal(tmp_path, HEAD + ROWS.replace(",\n", ",{}\n").format(*splits))
    assert message in error.why and "KS-E10" in str(error)


def test_labels_must_be_declared_beside_the_table(tmp_path):
    table_folder(tmp_path, HEAD + ROWS)
    (tmp_path / "labels.json").unlink()
    with pytest.raises(ManifestError, match="labels.json or dataset.json"):
        open_table(tmp_path)
    write_json(tmp_path / "dataset.json", {"labels": LABELS, "modality": {"0": "MR"}})
    assert open_table(tmp_path).channels == ("MR",)


def test_a_folder_with_two_tables_is_refused(tmp_path):
    table_folder(tmp_path, HEAD + ROWS)
    write_scan(tmp_path / "x.nii")
    (tmp_path / "cases.tsv").write_text("id\timage\n")
    with pytest.raises(ManifestError, match="Found: 2"):
        open_table(tmp_path)
