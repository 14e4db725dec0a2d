"""What the tests of reports share: one browser."""

from tests.report.browser import browser

__all__ = ["browser"]
