from tests.workflow.digits_of import load_tiny


def test_digits_are_trained_on_from_the_command_line_to_the_last_line(kseg_command, tmp_path):
    loaded = load_tiny(tmp_path)
    words = ["fit", loaded.path, "--data", loaded.data_root, "--out", tmp_path / "run"]
    words += ["--work", tmp_path / "work", "--set", "fit.steps=4"]
    ended = kseg_command(*words)
    assert ended.code == 0, ended.err
    *_, report, folder, last = ended.out.splitlines()
    assert report == f"report -> {tmp_path / 'run/report.html'}"
    assert folder.endswith(f"-> {tmp_path / 'run'}")
    assert last == f"accuracy {float(last.split()[1]):.4f}"
    assert kseg_command("report", tmp_path / "run").code == 0
    again = kseg_command(*words)
    assert again.code == 0 and again.out.splitlines()[-1] == last
    assert "4 of 4 steps are done" in again.out


def test_digits_that_are_not_there_end_with_4_and_both_ways_out(
    kseg_command, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    ended = kseg_command("fit", "mnist", "--out", tmp_path / "run", "--work", tmp_path / "work")
    assert ended.code == 4 and "KS-E18" in ended.err
    assert "--data" in ended.err and "data.download=true" in ended.err


def test_keys_about_scans_end_with_2(kseg_command, tmp_path):
    loaded = load_tiny(tmp_path)
    words = ["fit", loaded.path, "--data", loaded.data_root, "--out", tmp_path / "run"]
    ended = kseg_command(*words, "--set", "predict.overlap=0.25")
    assert ended.code == 2 and "predict.overlap" in ended.err
    ended = kseg_command(*words, "--set", "data.fold=1")
    assert ended.code == 2 and "data.fold" in ended.err
