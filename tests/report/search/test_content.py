import dataclasses

from kseg.report.search import content


def test_what_a_page_tells_cannot_be_changed_afterwards():
    parts = [
        part
        for part in vars(content).values()
        if dataclasses.is_dataclass(part) and part.__module__ == content.__name__
    ]
    assert len(parts) == 8
    assert all(part.__dataclass_params__.frozen for part in parts)
