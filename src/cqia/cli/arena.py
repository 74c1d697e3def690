"""Two answers to one prompt, compared: arena import, serve, report."""
