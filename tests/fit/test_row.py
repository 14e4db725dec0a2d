import math

import numpy as np

from kseg.fit.row import epoch_line, plain_numbers


def test_only_numbers_that_json_can_hold_are_left():
    logs = {"loss": np.float32(0.25), "a": math.nan, "b": math.inf, "c": 3}
    assert plain_numbers(logs) == {"loss": 0.25, "a": None, "b": None, "c": 3.0}


def test_a_line_tells_only_what_was_measured():
    row = {"epoch": 1, "step": 4, "loss": 0.5, "patch_dice": 0.25, "val_x": None, "seconds": 2.4}
    assert epoch_line(row, 8, "val_x") == "epoch 1  step 4/8  loss 0.5000, patch_dice 0.2500  (2 s)"
