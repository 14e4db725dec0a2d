import shutil

from kseg.dataset import Case, Regions, Split, check_cases, open_dataset
from tests.dataset.folders import msd_folder, write_mask, write_scan

NAMES, CHANNELS = ("background", "liver", "lesion"), ("CT",)


def make_cases(root, count=3):
    msd_folder(root, [f"c{number}" for number in range(count)])
    return open_dataset(root, work=root).cases


def codes(findings):
    return [(finding.code, finding.severity) for finding in findings]


def check(cases, **options):
    return check_cases(cases, NAMES, CHANNELS, **options)


def test_a_good_data_set_has_no_findings(tmp_path):
    told = []
    cases = make_cases(tmp_path)
    assert check(cases, full=True, progress=lambda *step: told.append(step)) == []
    assert told == [(1, 3, "c0"), (2, 3, "c1"), (3, 3, "c2")]


def test_every_bad_case_is_found_not_only_the_first(tmp_path):
    cases = make_cases(tmp_path)
    cases[0].images[0].write_bytes(b"")
    write_mask(cases[1].label, shape=(3, 5, 6))
    write_mask(cases[2].label, values=(8,))
    found = codes(check(cases, full=True))
    assert found == [("KS-A04", "refuse"), ("KS-D05", "refuse"), ("KS-C05", "refuse")]
    assert codes(check(cases)) == found[:2]


def test_b14_a_spacing_far_from_the_median_is_noted(tmp_path):
    cases = make_cases(tmp_path)
    odd = write_scan(tmp_path / "odd.nii", spacing_mm=(7.0, 1.5, 0.4))
    findings = check([*cases, Case("odd", "odd", (odd,), None)])
    assert codes(findings) == [("KS-B14", "note")] * 2
    assert "along z is 7 mm" in findings[0].why and "along x is 0.4 mm" in findings[1].why


def test_e02_a_copy_on_both_sides_is_refused_and_on_one_side_noted(tmp_path):
    cases = make_cases(tmp_path)
    shutil.copy(cases[0].images[0], cases[1].images[0])
    for split, severity in (
        (Split(cases[:1], cases[1:]), "refuse"),
        (Split(cases[:2], cases[2:]), "note"),
        (None, "refuse"),
    ):
        findings = check(cases, full=True, split=split)
        assert codes(findings) == [("KS-E02", severity)]
        assert '"c0", "c1"' in findings[0].why
    assert check(cases) == []


def test_e02_copies_of_one_subject_are_noted(tmp_path):
    cases = make_cases(tmp_path)
    shutil.copy(cases[0].images[0], cases[1].images[0])
    same = [Case(c.id, "one", c.images, c.label) for c in cases]
    assert codes(check(same, full=True)) == [("KS-E02", "note")]


def test_c06_a_label_that_no_training_case_shows_is_refused(tmp_path):
    cases = make_cases(tmp_path)
    for case in cases[:2]:
        write_mask(case.label, values=(1,))
    findings = check(cases, full=True, split=Split(cases[:2], cases[2:]))
    assert codes(findings) == [("KS-C06", "refuse")] and '2 "lesion"' in findings[0].why
    assert check(cases, full=True) == []


def test_c06_a_region_is_there_if_any_of_its_labels_is(tmp_path):
    cases = make_cases(tmp_path)
    for case in cases:
        write_mask(case.label, values=(1,))
    whole, both = Regions(("whole",), ((1, 2),), (1,)), Regions(("w", "c"), ((1, 2), (2,)), (1, 2))
    assert check(cases, full=True, regions=whole) == []
    (finding,) = check(cases, full=True, regions=both)
    assert finding.code == "KS-C06" and 'region "c"' in finding.why


def test_c06_is_not_said_where_a_training_mask_cannot_be_read(tmp_path):
    cases = make_cases(tmp_path)
    for case in cases[:2]:
        write_mask(case.label, values=(1,))
    cases[2].label.write_bytes(b"")
    assert codes(check(cases, full=True)) == [("KS-A04", "refuse")]
