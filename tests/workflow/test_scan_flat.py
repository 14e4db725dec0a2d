import pytest

import kseg
from kseg.bundle import read_model
from kseg.errors import ModelFileError
from kseg.workflow import predict_cohort
from tests.workflow.digits_of import train_tiny_digits
from tests.workflow.tiny import body, save


def test_a_network_for_digits_refuses_scans_and_writes_nothing(tmp_path):
    run, _ = train_tiny_digits(tmp_path, ["fit.steps=1"])
    scan = save(tmp_path / "scan.nii.gz", body()[0])
    with pytest.raises(ModelFileError, match="a scan is a volume") as refused:
        predict_cohort(read_model(run.folder), [scan], tmp_path / "out", lambda line: None)
    assert refused.value.code == "KS-M06" and refused.value.fix
    assert not (tmp_path / "out").exists()
    with pytest.raises(ModelFileError):
        kseg.load(run.folder)
