"""The browser and axe-core of the report's tests."""

from report.conftest import axe, page  # noqa: F401 - fixtures are found by name
