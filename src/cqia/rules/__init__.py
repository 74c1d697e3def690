"""Named measurements of a document, and our own word lists."""
