"""How YAML is read: safely, and by the compiled parser where PyYAML was built with it, which is ten times as fast."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parsed(text: str) -> Any:
    """What a YAML document holds, of plain types alone. Raises yaml.YAMLError."""
    return yaml.load(text, _LOADER)  # noqa: S506 - both are safe loaders
