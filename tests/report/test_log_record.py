import json
import math

from kseg.report.log_record import history_of_log, notes_of_log, read_log


def epoch(number, **facts):
    return {
        "time": "now",
        "message": f"epoch {number}",
        "epoch": number,
        "step": 10 * number,
    } | facts


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps(epoch(1)) + '\n[]\n{"message": 7}\n{"message": "ep')
    assert read_log(path) == [epoch(1)]


def test_what_was_measured_in_one_epoch_alone_is_nan_in_the_others():
    log = [epoch(1, loss=0.5, val_dice=None), epoch(2, loss=0.4, val_dice=0.7, val_dice_liver=0.7)]
    first, second = history_of_log([{"message": "training", "step": 0}, *log])
    assert second == {"epoch": 2, "step": 20, "loss": 0.4, "val_dice": 0.7, "val_dice_liver": 0.7}
    assert first.keys() == second.keys()
    assert math.isnan(first["val_dice"]) and math.isnan(first["val_dice_liver"])


def test_epochs_that_were_done_again_after_a_kill_count_once():
    log = [epoch(1, loss=3.0), epoch(2, loss=2.0), epoch(3, loss=1.0), epoch(2, loss=2.5)]
    assert [(row["epoch"], row["loss"]) for row in history_of_log(log)] == [(1, 3.0), (2, 2.5)]


def test_damage_and_accepted_changes_are_notes_and_each_is_told_once():
    damage = {"message": "a.nii: shifted", "code": "KS-B02"}
    change = {"message": "from step 2 on with changes", "accepted": ["fit.seed: 1 -> 2"]}
    assert notes_of_log([epoch(1), damage, change, damage]) == (
        "a.nii: shifted", "The training went on with changes that were accepted: fit.seed: 1 -> 2",
    )  # fmt: skip


def test_what_ended_an_earlier_sitting_is_no_note():
    assert (
        notes_of_log([{"message": "ended by an error", "code": "KS-G10", "why": "changed"}]) == ()
    )
