import pickle
import subprocess
import sys

import pytest

from kseg.engine.command import python_command
from kseg.engine.job import framed, whole

COMMAND = python_command("kseg.engine.job_main", sys.path)


def test_a_process_that_is_told_nothing_leaves():
    for sent in (b"", framed(pickle.dumps((sum, ([1],))))[:-1]):
        done = subprocess.run(COMMAND, input=sent, capture_output=True, timeout=60)
        assert done.returncode == 1 and whole(done.stdout) is None and not done.stderr


def test_it_answers_while_its_parent_listens_and_leaves_by_itself():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(framed(pickle.dumps((sum, ([1, 2],)))))
        process.stdin.flush()
        assert pickle.loads(whole(process.stdout.read())) == (True, 3, "")
        assert process.wait(60) == 0


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (3, 3), (-1, 255), ("words", 1)])
def test_an_exit_is_an_end_with_its_code_and_no_answer(code, expected):
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(framed(pickle.dumps((sys.exit, (code,)))))
        process.stdin.flush()
        assert process.stdout.read() == b""
        assert process.wait(60) == expected
        assert b"SystemExit" in process.stderr.read()
