"""The fixtures of all tests; what they are made of stands in ``made``, which tests import from."""

from hypothesis import settings

from made import *  # noqa: F403 - fixtures are found by name

settings.register_profile("unhurried", deadline=None)  # a first call compiles, and the machine may do much else
settings.load_profile("unhurried")
