"""A release for others: export, push."""
