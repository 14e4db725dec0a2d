import subprocess
import sys

from kseg.engine.command import python_command


def test_the_process_runs_the_module_and_finds_others_where_it_is_told_to(tmp_path):
    (tmp_path / "mine.py").write_text("import sys\ndef main(): print(sys.path)")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.py").write_text("1 / 0")
    done = subprocess.run(
        python_command("mine", [str(tmp_path), *sys.path]),
        cwd=tmp_path / "here",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"['{tmp_path}', ")
