import dataclasses
from pathlib import Path

import pytest

from kseg.dataset import Case


def test_a_case_cannot_be_changed():
    case = Case("a", "p", (Path("a.nii.gz"),), None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.id = "b"
