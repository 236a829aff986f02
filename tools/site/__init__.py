"""The documentation site: the pages of `docs/` and their neighbours as files that any static host can serve."""
