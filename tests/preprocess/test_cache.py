import ast
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kseg.dataset import ReadOptions
from kseg.errors import KsegError, VolumeError
from kseg.preprocess.cache import CACHE_VERSION, build_cache, foreground_voxels, prune_cache
from kseg.preprocess.normalize import ChannelScaling
from kseg.preprocess.plan import PreprocessPlan
from kseg.preprocess.prepare import prepare
from kseg.preprocess.read import read_labelled
from kseg.storage import disk, process, sha256_json
from kseg.storage.process import ProcessIdentity
from kseg.storage.temporary import temporary_beside
from tests.preprocess._scans import NAMES, make_case, make_cases, write_nifti

PLAN = PreprocessPlan((2.0, 1.5, 1.5), (ChannelScaling("per_image"),))


# Of the files below, comments and docstrings left out. If it differs: does a cached case hold other
# numbers now? Then raise CACHE_VERSION first, or old entries are taken for new ones.
CODE = (2, "316171b350029eae")
CODE_FILES = ("crop", "grid", "normalize", "prepare", "read", "resample")


class Deadly(type(Path())):
    """A path that ends the process that takes it out of its parcel, as a full memory would."""

    def __reduce__(self):
        return signal.raise_signal, (signal.SIGKILL,)


def build(cases, work, plan=PLAN, **options):
    return build_cache(cases, plan, work, label_names=NAMES, **options)


def never(*_):
    raise RuntimeError("a case was prepared again")


def test_cache_holds_what_prepare_makes_in_the_order_of_the_cases(tmp_path):
    cases = make_cases(tmp_path, 3)
    cached = build(cases, tmp_path / "work", workers=2)
    assert [entry.id for entry in cached] == [case.id for case in cases]
    for case, entry in zip(cases, cached):
        image, mask = read_labelled(case, 1, NAMES, ReadOptions())
        prepared = prepare(image, PLAN, mask)
        voxels, labels, foreground = entry.open_arrays()
        np.testing.assert_array_equal(voxels, prepared.voxels)
        np.testing.assert_array_equal(labels, prepared.labels)
        np.testing.assert_array_equal(foreground, foreground_voxels(prepared.labels, 3))
        assert entry.shape_zyx == prepared.labels.shape
        assert entry.label_counts == tuple(np.bincount(prepared.labels.ravel(), minlength=3))
        for name in ("box", "full_shape_zyx", "cropped_shape_zyx", "source_spacing_mm"):
            assert getattr(entry, name) == getattr(prepared, name)


def test_arrays_are_read_only_memory_maps(tmp_path):
    (entry,) = build(make_cases(tmp_path, 1), tmp_path / "work")
    for array in entry.open_arrays():
        assert isinstance(array, np.memmap) and not array.flags.writeable


def test_second_run_prepares_nothing(tmp_path, monkeypatch):
    cases = make_cases(tmp_path, 2)
    first = build(cases, tmp_path / "work")
    monkeypatch.setattr("kseg.preprocess.cache.prepare", never)
    assert build(cases, tmp_path / "work") == first


def test_equal_bytes_under_another_name_share_an_entry(tmp_path):
    first, _, _ = make_case(tmp_path / "a", "first", seed=1)
    second, _, _ = make_case(tmp_path / "b", "second", seed=1)
    second.images[0].write_bytes(first.images[0].read_bytes())
    second.label.write_bytes(first.label.read_bytes())
    one, two = build([first, second], tmp_path / "work")
    assert one.image == two.image
    assert (one.id, two.id) == ("first", "second")


@pytest.mark.parametrize("what", ["image", "label", "plan", "options"])
def test_G11_any_change_makes_another_entry(tmp_path, what):
    case, voxels, labels = make_case(tmp_path, "a")
    (before,) = build([case], tmp_path / "work")
    plan, options = PLAN, ReadOptions()
    if what == "image":
        voxels[4, 6, 7] += 1
        write_nifti(case.images[0], voxels)
    elif what == "label":
        labels[4, 6, 7] = 1
        write_nifti(case.label, labels)
    elif what == "plan":
        plan = replace(PLAN, crop=False)
    else:
        options = ReadOptions(affine_from="sform")
    (after,) = build([case], tmp_path / "work", plan=plan, options=options)
    assert after.folder != before.folder


def code_of(name):
    """The lines of a module that do something, whatever comments and docstrings tell of it."""
    text = (Path(__file__).parents[2] / "kseg/preprocess" / f"{name}.py").read_text()
    told = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told |= set(range(node.lineno, node.end_lineno + 1))
    lines = enumerate(map(str.strip, text.splitlines()), start=1)
    return [line for at, line in lines if at not in told and line and not line.startswith("#")]


def test_G11_changed_code_asks_for_another_version_of_the_cache():
    assert (CACHE_VERSION, sha256_json({name: code_of(name) for name in CODE_FILES})[:16]) == CODE


def test_G11_another_version_of_the_code_makes_another_entry(tmp_path, monkeypatch):
    cases = make_cases(tmp_path, 1)
    (before,) = build(cases, tmp_path / "work")
    monkeypatch.setattr("kseg.preprocess.cache.CACHE_VERSION", CACHE_VERSION + 1)
    (after,) = build(cases, tmp_path / "work")
    assert after.folder != before.folder and after.content == before.content


def truncate(path):
    path.write_bytes(path.read_bytes()[:-2])


def flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


DAMAGES = [
    (name, damage)
    for name in ("image.npy", "labels.npy", "foreground.npy", "entry.json")
    for damage in (truncate, flip, Path.unlink)
]


@pytest.mark.parametrize(("name", "damage"), DAMAGES)
def test_G12_damaged_entry_is_made_again_and_told(tmp_path, name, damage):
    cases = make_cases(tmp_path, 2)
    first = build(cases, tmp_path / "work")
    before = [[array.copy() for array in entry.open_arrays()] for entry in first]
    damage(first[0].folder / name)
    notes = []
    again = build(cases, tmp_path / "work", note=notes.append)
    assert len(notes) == 1 and notes[0].startswith("case_0: the cached copy was damaged")
    assert again == first
    for entry, arrays in zip(again, before):
        for array, expected in zip(entry.open_arrays(), arrays):
            np.testing.assert_array_equal(array, expected)


def test_what_a_killed_process_left_in_the_cache_goes_and_is_not_counted(tmp_path, monkeypatch):
    work, cases = tmp_path / "work", make_cases(tmp_path, 1)
    build(cases, work)
    dead = ProcessIdentity(os.getpid(), process.this_process().host, "1")
    with monkeypatch.context() as patch:
        patch.setattr(process, "this_process", lambda: dead)
        left = temporary_beside(work / "cache" / "entry")
    living = temporary_beside(work / "cache" / "entry")
    for folder in (left, living):
        folder.mkdir()
        (folder / "image.npy").write_bytes(bytes(10**6))
    assert prune_cache(work, 10**5) == 0
    build(cases, work)
    assert not left.exists() and living.exists()


def test_G13_a_case_that_kills_its_process_is_named_and_the_cache_stays_whole(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("kseg.preprocess.each_case.WORTH_A_PROCESS_BYTES", 0)
    cases = list(make_cases(tmp_path, 3))
    deadly = replace(cases[1], images=(Deadly(cases[1].images[0]),))
    with pytest.raises(VolumeError, match="case_1 .* SIGKILL") as caught:
        build([cases[0], deadly, cases[2]], tmp_path / "work")
    assert caught.value.code == "KS-G13" and caught.value.exit_code == 4
    monkeypatch.setattr("kseg.preprocess.each_case.WORTH_A_PROCESS_BYTES", 10**9)
    monkeypatch.setattr("kseg.preprocess.cache.prepare", never)
    assert len(build([cases[0], cases[2]], tmp_path / "work")) == 2


def test_a_full_disk_is_told_and_leaves_no_entry(tmp_path, monkeypatch):
    real = disk.write

    def full(path, parts):
        if path.name.endswith("labels.npy"):
            raise OSError(28, "No space left on device", str(path))
        real(path, parts)

    monkeypatch.setattr(disk, "write", full)
    with pytest.raises(KsegError, match="No space left on device") as caught:
        build(make_cases(tmp_path, 1), tmp_path / "work")
    assert caught.value.code == "KS-G04" and "--work" in caught.value.fix
    assert not any((tmp_path / "work" / "cache").iterdir())


def test_all_unusable_cases_are_named(tmp_path):
    cases = make_cases(tmp_path, 4)
    truncate(cases[1].images[0])
    write_nifti(cases[3].label, np.full((8, 12, 14), 9, np.uint8))
    with pytest.raises(VolumeError) as caught:
        build(cases, tmp_path / "work")
    assert "2 of 4 cases" in str(caught.value)
    assert "case_1" in str(caught.value) and "case_3" in str(caught.value)


def test_e05_missing_files_are_named(tmp_path):
    cases = make_cases(tmp_path, 3)
    cases[0].images[0].unlink()
    cases[2].label.unlink()
    with pytest.raises(VolumeError, match="2 of 3 cases") as caught:
        build(cases, tmp_path / "work")
    assert "case_0.nii.gz" in str(caught.value) and "case_2_label.nii.gz" in str(caught.value)


def test_case_without_mask_is_refused(tmp_path):
    (case,) = make_cases(tmp_path, 1)
    with pytest.raises(KsegError, match="has no mask"):
        build([replace(case, label=None)], tmp_path / "work")


def test_interrupted_build_leaves_no_entry_behind(tmp_path, monkeypatch):
    cases = make_cases(tmp_path, 1)
    monkeypatch.setattr("kseg.preprocess.cache_entry.write_json", never)
    with pytest.raises(RuntimeError):
        build(cases, tmp_path / "work")
    assert not any((tmp_path / "work" / "cache").iterdir())


def test_mask_without_foreground_has_an_empty_list(tmp_path):
    case, _, labels = make_case(tmp_path, "a")
    write_nifti(case.label, np.zeros_like(labels))
    (entry,) = build([case], tmp_path / "work")
    assert entry.open_arrays()[2].shape == (0, 4)


def test_foreground_list_is_bounded_seeded_and_true():
    labels = np.zeros((40, 60, 60), np.uint8)
    labels[5:35, 5:55, 5:55] = 2
    labels[0, 0, :4] = 1
    found = foreground_voxels(labels, 4)
    assert (found[:, 0] == 1).sum() == 4 and (found[:, 0] == 2).sum() == 10_000
    assert (np.diff(found[:, 0]) >= 0).all()
    places = np.ravel_multi_index(tuple(found[:, 1:].T), labels.shape)
    assert (np.diff(places[found[:, 0] == 2]) > 0).all()
    assert (labels[tuple(found[:, 1:].T)] == found[:, 0]).all()
    assert len(np.unique(found, axis=0)) == len(found)
    np.testing.assert_array_equal(found, foreground_voxels(labels, 4))


def age(entry, seconds_since_1970):
    for path in (*entry.folder.iterdir(), entry.folder):
        os.utime(path, (seconds_since_1970, seconds_since_1970))


def test_pruning_removes_the_least_recently_used_but_never_what_is_in_use(tmp_path):
    work = tmp_path / "work"
    entries = build(make_cases(tmp_path, 4), work)
    for number, entry in enumerate(entries):
        age(entry, 1e9 - number)
    size = sum(file.stat().st_size for file in entries[0].folder.iterdir())
    assert prune_cache(work, 10 * size) == 0
    removed = prune_cache(work, int(2.5 * size), in_use=[entries[3]])
    assert removed >= size
    assert [entry.folder.exists() for entry in entries] == [True, False, False, True]
    assert prune_cache(tmp_path / "nothing here", 0) == 0


def test_using_an_entry_keeps_it_from_being_pruned(tmp_path):
    cases = make_cases(tmp_path, 2)
    entries = build(cases, tmp_path / "work")
    for entry in entries:
        age(entry, 1e9)
    build(cases[:1], tmp_path / "work")
    prune_cache(tmp_path / "work", 1 + sum(f.stat().st_size for f in entries[0].folder.iterdir()))
    assert [entry.folder.exists() for entry in entries] == [True, False]


def test_pruning_leaves_what_another_training_has_used_within_a_week(tmp_path):
    work, now, day = tmp_path / "work", time.time(), 24 * 3600
    old, recent = build(make_cases(tmp_path, 2), work)
    age(old, now - 8 * day)
    age(recent, now - 6 * day)
    assert prune_cache(work, 0) > 0
    assert not old.folder.exists() and recent.folder.exists()
    assert prune_cache(work, 0) == 0
