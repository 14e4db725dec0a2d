import dataclasses

from kseg.report import content


def test_a_page_needs_no_more_than_its_head():
    page = content.PageContent("a", "b", phantom=False)
    assert page.summary is None and page.scores == () and page.pictures == ()


def test_what_a_page_tells_cannot_be_changed_afterwards():
    parts = [part for part in vars(content).values() if dataclasses.is_dataclass(part)]
    assert len(parts) >= 9
    assert all(part.__dataclass_params__.frozen for part in parts)
