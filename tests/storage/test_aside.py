from kseg.storage import move_aside


def test_nothing_that_was_set_aside_before_is_lost(tmp_path):
    names = []
    for content in "abc":
        (tmp_path / "trial.json").write_text(content)
        names.append(move_aside(tmp_path / "trial.json", ".broken"))
    assert [path.name for path in names] == [
        "trial.json.broken",
        "trial.json.broken-2",
        "trial.json.broken-3",
    ]
    assert [path.read_text() for path in names] == ["a", "b", "c"]


def test_a_folder_moves_with_all_that_is_in_it(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a").write_text("1")
    assert (move_aside(tmp_path / "run", ".old") / "a").read_text() == "1"
    assert not (tmp_path / "run").exists()
