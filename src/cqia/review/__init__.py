"""Human finalisation: what people decided about records, kept so that no decision is lost."""
