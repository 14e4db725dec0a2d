from tests.examples.plugin import EXAMPLES, run_python

SCRIPT = EXAMPLES / "train_with_parts.py"


def test_it_trains_saves_and_predicts_the_same_in_a_new_process(tmp_path):
    ended = run_python(SCRIPT, tmp_path)
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[-1] == "equal"
    # Of no use as an example if nothing is learned.
    scores = [float(line.split("patch_dice: ")[1]) for line in lines if "patch_dice" in line]
    assert scores[-1] > max(0.5, scores[0])


def test_it_stays_short():
    assert len(SCRIPT.read_text().splitlines()) < 40
