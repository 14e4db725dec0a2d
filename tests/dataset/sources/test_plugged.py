import sys
from pathlib import Path

import pytest

from kseg.dataset import Case, DataSet, Regions, open_dataset
from kseg.errors import ManifestError, RecipeError
from tests.dataset.folders import write_mask, write_scan

# A layout of a folder a patient, as another package might read it.
CODE = """
from dataclasses import replace
from kseg.dataset import Case, DataSet

def open_folders(root, image="ct.nii.gz"):
    cases = tuple(
        Case(folder.name, folder.name, (folder / image,), folder / "mask.nii.gz")
        for folder in sorted(root.iterdir())
    )
    return DataSet("theirs", "", root, cases, ("background", "liver"), ("CT",))

def open_change(root, **changes):
    return replace(open_folders(root), **CHANGES)

def open_nothing(root):
    return None

def open_badly(root):
    raise KeyError("patients.xml")
"""


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A module with sources, and a folder that they read."""
    (tmp_path / "their_source.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    for seed, name in enumerate(("p1", "p2")):
        write_scan(tmp_path / "data" / name / "ct.nii.gz", seed)
        write_mask(tmp_path / "data" / name / "mask.nii.gz", values=(1,))
    yield tmp_path / "data"
    sys.modules.pop("their_source", None)


def opened(root, name="open_folders", **arguments) -> DataSet:
    source = f"their_source:{name}"
    return open_dataset(root, source=source, work=root, source_args=arguments)


def test_a_source_of_another_package_gives_the_cases(theirs):
    dataset = opened(theirs)
    assert dataset.source == "their_source:open_folders" and dataset.root == theirs
    assert dataset.cases == tuple(
        Case(name, name, (theirs / name / "ct.nii.gz",), theirs / name / "mask.nii.gz")
        for name in ("p1", "p2")
    )


def test_its_arguments_are_checked(theirs):
    with pytest.raises(RecipeError, match="no argument `imag`"):
        opened(theirs, imag="mr.nii.gz")
    with pytest.raises(ManifestError, match="mr.nii.gz does not exist") as caught:
        opened(theirs, image="mr.nii.gz")
    assert caught.value.code == "KS-E05"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("open_nothing", "must return a kseg.dataset.DataSet. Received: NoneType"),
        ("open_badly", "of their_source failed with KeyError: 'patients.xml'"),
    ],
)
def test_its_failure_is_told_with_its_name(theirs, name, said):
    with pytest.raises(ManifestError, match=said) as caught:
        opened(theirs, name)
    assert caught.value.code == "KS-E20"


A = Path("a.nii.gz")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"label_names": ("liver", "background")}, "KS-E15"),
        ({"channels": ()}, "KS-E15"),
        ({"ignore": 255}, "KS-E15"),
        ({"regions": Regions(("a",), ((5,),), (5,))}, "KS-E21"),
        ({"cases": ("p1",)}, "KS-E13"),
        ({"cases": (Case("a", "a", (), A),)}, "KS-E13"),
        ({"cases": (Case("a", "a", (A,), None),)}, "KS-E05"),
        ({"cases": (Case("../a", "a", (A,), A),)}, "KS-E07"),
        ({"cases": (Case("a", "a", (A,), A, split="training"),)}, "KS-E10"),
    ],
)
def test_what_it_returns_is_checked_as_a_manifest_is(theirs, monkeypatch, changes, code):
    import their_source

    monkeypatch.setattr(their_source, "CHANGES", changes, raising=False)
    with pytest.raises(ManifestError) as caught:
        opened(theirs, "open_change")
    assert caught.value.code == code


def test_a_folder_on_the_command_line_leaves_the_source_of_the_recipe(theirs, tmp_path):
    from kseg.recipe import load_recipe

    path = tmp_path / "a.yaml"
    path.write_text(
        "kseg: 1\nname: a\ndata: {source: 'their_source:open_folders'}\nfit: {steps: 1}\n"
    )
    loaded = load_recipe(path, (), {"data.root": str(theirs)})
    assert loaded.recipe.data.is_plugin and loaded.data_root == theirs
