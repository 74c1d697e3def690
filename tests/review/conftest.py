"""The fixtures of the desk's tests; what they are made of stands in ``desk_people``."""

from desk_people import *  # noqa: F403 - fixtures are found by name
