import errno

import pytest

from kseg.errors import KsegError
from kseg.evaluate.out_folder import open_out, told_if_unwritable
from kseg.evaluate.truth import Truth
from kseg.storage import disk


@pytest.fixture
def truth(tmp_path):
    (tmp_path / "truth").mkdir()
    return Truth("truth", tmp_path / "truth", (), None)


def run_folder(path, *files):
    for name in files:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).touch()
    (path / "validation/masks").mkdir(parents=True, exist_ok=True)
    return path


def code_of(out, truth):
    with pytest.raises(KsegError) as caught:
        open_out(out, truth)
    assert caught.value.exit_code == 2 and caught.value.fix and caught.value.file
    return caught.value.code


def test_a_folder_is_made_and_left_empty(tmp_path, truth):
    open_out(tmp_path / "a/b", truth)
    assert (tmp_path / "a/b").is_dir() and not list((tmp_path / "a/b").iterdir())
    open_out(tmp_path / "a/b", truth)


@pytest.mark.parametrize("files", [("recipe.yaml", "log.jsonl"), ("recipe.yaml", "model/weights")])
@pytest.mark.parametrize("part", ["", "validation", "validation/masks", "validation/../validation"])
def test_what_a_run_wrote_itself_is_never_replaced(tmp_path, truth, files, part):
    run = run_folder(tmp_path / "run", *files)
    before = sorted(run.rglob("*"))
    assert code_of(run / part, truth) == "KS-V06"
    assert sorted(run.rglob("*")) == before


def test_a_link_to_a_run_is_that_run(tmp_path, truth):
    run = run_folder(tmp_path / "run", "recipe.yaml", "log.jsonl")
    (tmp_path / "link").symlink_to(run / "validation", target_is_directory=True)
    assert code_of(tmp_path / "link", truth) == "KS-V06"


def test_a_folder_of_its_own_may_lie_in_a_run(tmp_path, truth):
    run = run_folder(tmp_path / "run", "recipe.yaml", "log.jsonl")
    open_out(run / "judged", truth)
    open_out(run / "validation/again", truth)


def test_a_recipe_alone_does_not_make_a_run(tmp_path, truth):
    open_out(run_folder(tmp_path / "mine", "recipe.yaml"), truth)
    open_out(tmp_path / "mine/validation/masks", truth)


def test_neither_the_truth_nor_a_data_folder_is_taken(tmp_path, truth):
    assert code_of(tmp_path / "truth", truth) == "KS-V06"
    (tmp_path / "data/imagesTr").mkdir(parents=True)
    assert code_of(tmp_path / "data", truth) == "KS-V06"
    (tmp_path / "table").mkdir()
    (tmp_path / "table/cases.csv").write_text("id,image,label\n")
    assert code_of(tmp_path / "table", truth) == "KS-V06"


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_file_in_the_way_is_told(tmp_path, truth, out):
    (tmp_path / "file").touch()
    assert code_of(tmp_path / out, truth) == "KS-V08"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing_is_told_at_once(tmp_path, truth, monkeypatch, number):
    def refused(path, parts):
        raise OSError(number, "Nothing can be written", str(path))

    monkeypatch.setattr(disk, "write", refused)
    with pytest.raises(KsegError, match="written there: Nothing can be written") as caught:
        open_out(tmp_path / "out", truth)
    assert caught.value.code == "KS-V08" and caught.value.file == str(tmp_path / "out")


def test_only_what_the_system_says_is_told_so(tmp_path):
    with pytest.raises(ZeroDivisionError), told_if_unwritable(tmp_path):
        raise ZeroDivisionError
    with pytest.raises(KsegError), told_if_unwritable(tmp_path):
        raise OSError("no number")
