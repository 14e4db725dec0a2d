import pytest

from kseg.volume import image_stem


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        ("a/scan_017.nii.gz", "scan_017"),
        ("scan.NII.GZ", "scan"),
        ("scan.1.nii", "scan.1"),
        ("scan", "scan"),
        ("scan.mha", "scan.mha"),
        ("x.nii/scan_0000.nii.gz", "scan_0000"),
    ],
)
def test_only_the_extension_goes(path, stem):
    assert image_stem(path) == stem
