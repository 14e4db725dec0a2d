import subprocess
import sys

from tests.plugins.packages import install


def test_all_components_are_listed_with_kind_name_and_place(kseg_command):
    ended = kseg_command("components")
    assert ended.code == 0
    rows = [line.split() for line in ended.out.splitlines()]
    assert ["losses", "SoftDice", "kseg"] in [row[:3] for row in rows]
    assert ["models", "unet", "kseg"] in [row[:3] for row in rows]
    assert {row[0] for row in rows} >= {"layers", "metrics", "sources", "augment", "schedules"}


def test_one_kind_is_listed_alone_and_another_word_refused(kseg_command):
    ended = kseg_command("components", "metrics")
    assert {line.split()[0] for line in ended.out.splitlines()} == {"metrics"}
    ended = kseg_command("components", "metrix")
    assert ended.code == 2 and "metrix" in ended.err


def test_plug_ins_are_listed_and_one_that_is_damaged_is_named(kseg_command, tmp_path, monkeypatch):
    install(tmp_path, "their-parts", "their_parts", "[kseg.losses]\nL = their_parts:Loss\n")
    install(tmp_path, "torn-parts", "torn_parts", "[kseg.losses]\nno equals sign here\n")
    monkeypatch.syspath_prepend(tmp_path)
    ended = kseg_command("components", "losses")
    assert ended.code == 0
    assert "their-parts/L" in ended.out and "their_parts:Loss" in ended.out
    assert "torn-parts" in ended.err and "torn-parts" not in ended.out


def test_the_list_is_made_without_keras_and_without_running_a_plug_in(tmp_path):
    code = "raise RuntimeError('a plug-in ran')"
    install(tmp_path, "their-parts", "their_parts", "[kseg.losses]\nL = their_parts:L\n", code)
    program = (
        "import sys; sys.argv = ['kseg', 'components']\n"
        "from kseg.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'keras', 'tensorflow', 'numpy', 'their_parts'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert "their-parts/L" in ended.stdout
