"""Pictures as SVG text: pure functions from numbers to markup. All text in them is escaped; sizes are in pixels."""
