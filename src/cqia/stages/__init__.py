"""The seven stages, one module each, pure functions of a frame; the pipeline puts them in order."""
