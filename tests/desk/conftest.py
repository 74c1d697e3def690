"""The fixtures of the desk's tests; what they are made of stands in ``desk_at_work``."""

from browser_at_work import *  # noqa: F403 - fixtures are found by name
from desk_at_work import *  # noqa: F403
from report.conftest import axe  # noqa: F401
