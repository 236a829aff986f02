"""Measures Holdfast beside plain SQL on the same files: `python -m bench`."""
