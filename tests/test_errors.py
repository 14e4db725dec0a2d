import pickle
from pathlib import Path

import pytest

from kseg.errors import (
    FolderInUseError,
    KsegError,
    ManifestError,
    ModelFileError,
    RecipeError,
    RunFolderError,
    VolumeError,
)

KINDS = {
    RecipeError: 2,
    ManifestError: 4,
    VolumeError: 4,
    RunFolderError: 2,
    FolderInUseError: 75,
    ModelFileError: 2,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_exit_code_and_is_caught_as_one_of_ours(kind):
    assert issubclass(kind, KsegError) and kind.exit_code == KINDS[kind]


def test_the_message_has_reason_code_file_and_fix():
    error = VolumeError(why="it is empty", code="KS-A04", file=Path("a.nii"), fix="copy it")
    assert str(error).splitlines() == ["it is empty  [KS-A04]", "  file  a.nii", "  fix   copy it"]


def test_what_is_not_known_has_no_line():
    assert str(KsegError(why="no", code="KS-X01")) == "no  [KS-X01]"


def test_a_worker_process_hands_the_error_over_whole():
    error = FolderInUseError(why="busy", code="KS-G09", file="run", fix="wait")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is FolderInUseError
    assert vars(copy) == vars(error) and str(copy) == str(error)
