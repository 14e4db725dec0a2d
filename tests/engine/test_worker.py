import io
import pickle
import sys

from kseg.engine import worker


def test_an_answer_says_whether_it_is_a_value_or_an_error():
    assert pickle.loads(worker._answer(divmod, (7, 2))) == (True, (3, 1))
    is_well, error = pickle.loads(worker._answer(divmod, (7, 0)))
    assert not is_well and isinstance(error, ZeroDivisionError)


def test_a_worker_ends_when_nobody_sends_any_more():
    import subprocess

    calls = io.BytesIO()
    for number in (5, 6):
        pickle.dump((abs, (-number,)), calls)
    done = subprocess.run(
        [sys.executable, "-c", "from kseg.engine.worker import main; main()"],
        input=calls.getvalue(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    answers = io.BytesIO(done.stdout)
    assert [pickle.load(answers) for _ in range(2)] == [(True, 5), (True, 6)]
    assert answers.read() == b""
