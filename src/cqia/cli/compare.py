"""cqia compare: datasets beside each other."""
