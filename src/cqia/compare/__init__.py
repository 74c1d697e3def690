"""Datasets beside each other: what each is made of and worth, and what they have in common."""
