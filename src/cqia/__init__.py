"""From raw Chinese pages to a small, excellent instruction-tuning dataset, with every record accounted for."""

__version__ = "0.1.0"
