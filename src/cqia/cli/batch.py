"""Providers' batch files: judge export-batch, judge import-batch."""
