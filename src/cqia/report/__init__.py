"""The report: what a person looks at before trusting a dataset."""
