"""What the tests of reports share: one browser, one cross-validation."""

from tests.report.browser import browser
from tests.report.crossvals import tiny_crossval

__all__ = ["browser", "tiny_crossval"]
