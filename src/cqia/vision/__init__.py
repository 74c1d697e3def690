"""Scanned pages of papers: drawn as pictures, transcribed by a vision model, kept beside the source for collect."""
