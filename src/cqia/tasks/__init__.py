"""Documents into instruction records: wordings, edits, quotas."""
