"""The books: what became of every item, and why; read from the workspace alone."""
