"""The review desk: review serve, export, audit, agreement."""
