import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import kseg

ROOT = Path(__file__).parents[1]


def test_importing_kseg_is_quick_and_its_parts_come_when_asked_for():
    code = (
        "import sys, kseg; early = {'keras', 'tensorflow', 'numpy'} & set(sys.modules); "
        "sys.exit(bool(early))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
    assert kseg.parts.__name__ == "kseg.parts"


def test_a_name_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match="no attribute 'pats'"):
        kseg.pats


def test_load_opens_a_run(tiny_run):
    assert kseg.load(tiny_run.folder).description.name == "tiny"


def test_the_version_is_the_same_everywhere():
    assert version("kseg") == kseg.__version__
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert f"## [{kseg.__version__}]" in changes
    citation = (ROOT / "CITATION.cff").read_text()
    assert f'\nversion: "{kseg.__version__}"\n' in citation


def test_the_build_needs_setuptools_alone():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]
    assert [name.partition(">")[0] for name in build["requires"]] == ["setuptools"]
