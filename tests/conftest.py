"""The fixtures of all tests; what they are made of stands in ``made``, which tests import from."""

from made import *  # noqa: F403 - fixtures are found by name
