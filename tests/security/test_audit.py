"""What `.ci/audit` makes of pip-audit's findings."""

import importlib.util
import json
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / ".ci" / "audit.py"


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(*advisories, name="keras"):
    vulns = [
        {"id": advisory, "aliases": [f"CVE-{advisory}"], "fix_versions": ["9"]}
        for advisory in advisories
    ]
    return {"name": name, "version": "1", "vulns": vulns}


SKIPPED = {"name": "numpy", "skip_reason": "Dependency not found on PyPI: numpy (2)"}
ACCEPTED = "- `PYSEC-7` (keras): kseg never opens such a file.\n- CVE-PYSEC-8: likewise"


@pytest.mark.parametrize(
    ("packages", "code"),
    [
        ([package()], 0),
        ([package("PYSEC-7"), package("PYSEC-8")], 0),
        ([package("PYSEC-7", "PYSEC-77")], 1),
        ([package("PYSEC-9"), SKIPPED], 1),
        ([package(), SKIPPED], 2),
        ([package(), SKIPPED | {"name": "kseg"}], 0),
        ([], 2),
    ],
)
def test_only_what_was_audited_and_is_named_passes(audit, packages, code):
    found, lines = audit.judge({"dependencies": packages}, ACCEPTED)
    assert found == code and lines


def test_an_advisory_is_told_with_the_release_that_mends_it(audit):
    _, lines = audit.judge({"dependencies": [package("PYSEC-9")]}, "")
    assert lines[0] == "not named in SECURITY.md: keras 1: PYSEC-9, mended in 9"


def test_a_pip_audit_that_broke_down_is_no_success(audit, tmp_path, capsys):
    (tmp_path / "found.json").write_text("")
    (tmp_path / "SECURITY.md").write_text("")
    assert audit.main(str(tmp_path / "found.json"), str(tmp_path / "SECURITY.md")) == 2
    (tmp_path / "found.json").write_text(json.dumps({"dependencies": [package(), SKIPPED]}))
    assert audit.main(str(tmp_path / "found.json"), str(tmp_path / "SECURITY.md")) == 2
    assert "NOT AUDITED: 1 of 2 packages" in capsys.readouterr().out
