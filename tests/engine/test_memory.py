import pytest

from kseg.engine import usable_memory_bytes


@pytest.mark.parametrize(
    ("limit", "total", "expected"),
    [("max\n", "MemTotal: 100 kB", 102400), ("2048\n", "MemTotal: 100 kB", 2048),
     ("2048", "", 2048), (None, None, None), ("many", "MemTotal:", None)],
)  # fmt: skip
def test_a_containers_limit_counts_and_what_cannot_be_read_does_not(
    tmp_path, limit, total, expected
):
    files = tmp_path / "memory.max", tmp_path / "meminfo"
    for file, text in zip(files, (limit, total), strict=True):
        if text is not None:
            file.write_text(text)
    assert usable_memory_bytes(*files) == expected


def test_this_machine_has_some():
    assert usable_memory_bytes() > 2**28
