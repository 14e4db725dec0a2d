"""Judge what pip-audit found: `python .ci/audit.py FOUND.json SECURITY.md`."""

import json
import re
import sys
from pathlib import Path

FINE, UNLISTED, NOT_AUDITED = 0, 1, 2


def judge(found: dict, accepted: str) -> tuple[int, list[str]]:
    """Return an exit code and sentences about what pip-audit found.

    Args:
        found: content of its JSON output.
        accepted: text that names each advisory that is lived with, and why.

    Returns:
        0 if all packages were audited and every advisory is named; 1 if one is not named; 2 if
        packages could not be audited, so that nothing is known of them.
    """
    packages = [entry for entry in found["dependencies"] if entry["name"] != "kseg"]
    skipped = [entry for entry in packages if "skip_reason" in entry]
    words = set(re.findall(r"[\w-]+", accepted))
    unlisted = [
        f"{entry['name']} {entry['version']}: {advisory['id']}, mended in "
        f"{', '.join(advisory['fix_versions']) or 'no release yet'}"
        for entry in packages
        for advisory in entry.get("vulns", [])
        if not words & {advisory["id"], *advisory["aliases"]}
    ]
    lines = [f"not named in SECURITY.md: {line}" for line in unlisted]
    if skipped or not packages:
        reasons = sorted({entry["skip_reason"].partition(":")[0] for entry in skipped})
        lines.append(
            f"NOT AUDITED: {len(skipped)} of {len(packages)} packages ({'; '.join(reasons)})"
        )
    else:
        lines.append(f"{len(packages)} packages audited")
    if unlisted:
        return UNLISTED, lines
    return (NOT_AUDITED if skipped or not packages else FINE), lines


def main(found: str, accepted: str) -> int:
    """Judge two files and print what came of it."""
    try:
        content = json.loads(Path(found).read_text(encoding="utf-8"))
    except ValueError:
        content = {"dependencies": []}
    code, lines = judge(content, Path(accepted).read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
