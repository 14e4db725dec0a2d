"""SECURITY.md promises nothing that no test proves."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROOFS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


def functions_of(file):
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_test_that_is_named_exists():
    assert [f"{file}::{test}" for file, test in PROOFS if test not in functions_of(file)] == []


def test_each_promise_names_a_test():
    tables = TEXT.split("| promise | proved by |\n|---|---|\n")[1:]
    rows = [row for table in tables for row in table.split("\n\n")[0].splitlines()]
    assert len(rows) > 25 and len(PROOFS) > 40
    assert all(re.search(r"`tests/[\w/]+\.py::\w+` \|$", row) for row in rows)


@pytest.mark.parametrize(
    "heading",
    [
        "Scope",
        "How to report",
        "Promises",
        "Plug-ins are code",
        "Privacy",
        "What parses bytes of strangers",
        "Advisories that are lived with",
    ],
)
def test_what_a_trusted_tool_publishes_is_there(heading):
    assert re.search(rf"^#+ {heading}$", TEXT, re.MULTILINE)


def test_no_advisory_is_accepted_by_mere_mention():
    """`.ci/audit` accepts each id that stands anywhere in the file."""
    before = TEXT.split("## Advisories that are lived with")[0]
    assert not re.search(r"CVE-\d|GHSA-|PYSEC-\d", before)
