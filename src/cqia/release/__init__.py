"""A release: the files of a dataset, its card, and what a lawyer asks."""
