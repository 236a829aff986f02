"""The documentation site: the pages of `docs/` and their neighbours, built into files that any static host can serve."""
