import pytest

from kseg.dataset.gather import Entry, gather
from kseg.dataset.problems import Problem
from kseg.errors import ManifestError


def files(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def refusal(entries, root):
    with pytest.raises(ManifestError) as caught:
        gather(entries, root, root / "manifest")
    return str(caught.value)


def test_cases_come_sorted_by_id_and_relative_to_the_root(tmp_path):
    files(tmp_path, "b.nii", "a.nii")
    cases, findings = gather(
        [Entry("row 1", "b", ("b.nii",)), Entry("row 2", "a", ("./a.nii",))], tmp_path, tmp_path
    )
    assert [case.id for case in cases] == ["a", "b"]
    assert cases[0].images == (tmp_path / "a.nii",)
    assert cases[0].subject == "a" and findings == ()


def test_e01_a_duplicate_id_is_refused_with_both_places(tmp_path):
    files(tmp_path, "a.nii", "b.nii")
    text = refusal([Entry("line 2", "a", ("a.nii",)), Entry("line 9", "a", ("b.nii",))], tmp_path)
    assert "line 2" in text and "line 9" in text and "KS-E01" in text


def test_e02_one_file_under_two_ids_is_refused(tmp_path):
    files(tmp_path, "a.nii")
    text = refusal([Entry("line 2", "a", ("a.nii",)), Entry("line 3", "b", ("./a.nii",))], tmp_path)
    assert "KS-E02" in text and "line 2 and line 3" in text


def test_e03_a_subject_on_both_sides_of_a_fixed_split_is_refused(tmp_path):
    files(tmp_path, "a.nii", "b.nii")
    text = refusal(
        [
            Entry("line 2", "a", ("a.nii",), subject="p1", split="train"),
            Entry("line 3", "b", ("b.nii",), subject="p1", split="validation"),
        ],
        tmp_path,
    )
    assert "KS-E03" in text and '"a" in train' in text and '"b" in validation' in text


def test_e03_ids_that_look_like_one_person_are_noted_where_no_subject_is_given(tmp_path):
    names = ["p1_1", "p1_2", "p2_1"]
    files(tmp_path, *names)
    entries = [Entry(name, name, (name,)) for name in names]
    _, findings = gather(entries, tmp_path, tmp_path)
    assert [finding.code for finding in findings] == ["KS-E03"]
    named = [Entry(name, name, (name,), subject=name[:2]) for name in names]
    assert gather(named, tmp_path, tmp_path)[1] == ()


def test_e05_all_missing_files_are_named_with_the_nearest_name(tmp_path):
    files(tmp_path, "images/liver_01.nii")
    text = refusal(
        [
            Entry("line 2", "a", ("images/liver_1.nii",), label="masks/liver_1.nii"),
            Entry("line 3", "b", ("images/\0.nii",)),
        ],
        tmp_path,
    )
    assert "nearest: liver_01.nii" in text and "there is no folder" in text
    assert "3 problems" in text and text.count("KS-E05") == 4  # one each, and the whole


@pytest.mark.parametrize("name", ["", "a b", "ä", "../a", "a/b", ".a", "a\n", "-a"])
def test_e07_ids_that_are_unsafe_as_file_names_are_refused(tmp_path, name):
    files(tmp_path, "x.nii")
    assert "KS-E07" in refusal([Entry("line 2", name, ("x.nii",))], tmp_path)


def test_e11_files_outside_the_folder_are_noted_where_they_really_are(tmp_path):
    files(tmp_path, "elsewhere/a.nii", "home/b.nii")
    home = tmp_path / "home"
    entries = [Entry("1", "a", ("../elsewhere/a.nii",)), Entry("2", "b", ("b.nii",))]
    _, findings = gather(entries, home, home)
    assert [finding.code for finding in findings] == ["KS-E11"]
    assert str(tmp_path / "elsewhere" / "a.nii") in findings[0].why


def test_e11_a_loop_of_links_is_a_missing_file(tmp_path):
    (tmp_path / "loop.nii").symlink_to("loop.nii")
    assert "KS-E05" in refusal([Entry("line 2", "a", ("loop.nii",))], tmp_path)


def test_e05_missing_files_are_findings_where_all_that_is_wrong_is_to_be_told(tmp_path):
    files(tmp_path, "a.nii")
    entries = [Entry("line 2", "a", ("a.nii",), label="x.nii"), Entry("line 3", "b", ("b.nii",))]
    lonely = Problem("KS-E05", "z.nii has no image", "copy it", tmp_path / "z.nii")
    cases, findings = gather(entries, tmp_path, tmp_path, missing=[lonely], incomplete=True)
    assert [case.id for case in cases] == ["a", "b"]
    names = ("z.nii", "x.nii", "b.nii")
    assert [finding.file for finding in findings] == [str(tmp_path / name) for name in names]
    assert {(finding.code, finding.severity) for finding in findings} == {("KS-E05", "refuse")}


def test_e05_missing_files_are_told_with_what_cannot_be_gone_on_with(tmp_path):
    files(tmp_path, "a.nii")
    entries = [Entry("line 2", "a", ("a.nii",)), Entry("line 3", "a", ("b.nii",))]
    with pytest.raises(ManifestError) as caught:
        gather(entries, tmp_path, tmp_path, incomplete=True)
    assert "KS-E01" in caught.value.why and "KS-E05" in caught.value.why
