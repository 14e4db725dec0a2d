"""The page of a hyper-parameter search: what was tried, what was best, what was not reached."""

from kseg.report.search.build import write_search_report
from kseg.report.search.files import is_search

__all__ = [
    "is_search",
    "write_search_report",
]
