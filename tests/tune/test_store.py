import json

from kseg.tune.store import TrialStore
from tests.tune.test_record import A_RECORD


def read(folder):
    said = []
    store = TrialStore(folder)
    store.read(said.append)
    return store, said


def test_what_was_written_is_read_again(tmp_path):
    store = TrialStore(tmp_path)
    records = {number: A_RECORD.changed(trial=number) for number in range(4)}
    for record in records.values():
        store.write(record)
    again, said = read(tmp_path)
    assert again.records == records and again.lost == [] and said == []
    assert store.next_place() == again.next_place() == 8


def test_an_empty_folder_holds_no_trial_and_begins_at_0(tmp_path):
    store, _ = read(tmp_path)
    assert store.records == {} and store.next_place() == 0


def test_a_folder_without_a_record_was_never_begun(tmp_path):
    (tmp_path / "trials" / "0005").mkdir(parents=True)
    (tmp_path / "trials" / "notes").mkdir()
    assert read(tmp_path)[0].lost == []


def test_a_record_in_the_folder_of_another_trial_is_set_aside(tmp_path):
    file = tmp_path / "trials" / "0004" / "trial.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(A_RECORD.to_dict()))
    store, said = read(tmp_path)
    assert 4 in store.lost and "it tells of trial 3" in said[0]


def test_all_parts_of_one_training_lie_in_one_run_folder(tmp_path):
    store = TrialStore(tmp_path)
    promoted = A_RECORD.changed(trial=9, continues=3, root=3)
    assert store.run_folder(A_RECORD) == store.run_folder(promoted)
    assert store.folder(9) != store.folder(3)


def test_H05_a_record_that_is_gone_altogether_is_lost_too(tmp_path):
    store = TrialStore(tmp_path)
    for number in (0, 1, 3):
        store.write(A_RECORD.changed(trial=number))
    (tmp_path / "trials" / "0002").mkdir()
    assert read(tmp_path)[0].lost == [2]
