import numpy as np

from kseg.dataset.sources.patient import draw_abdomen


def test_patients_differ_and_some_livers_are_as_dark_as_muscle():
    patients = [draw_abdomen(np.random.default_rng(seed)) for seed in range(60)]
    assert len({patient.liver_hu for patient in patients}) == 60
    fatty = sum(patient.liver_hu < 66 for patient in patients)
    assert 3 <= fatty <= 25
    assert all(patient.blood_hu > patient.liver_hu for patient in patients)
