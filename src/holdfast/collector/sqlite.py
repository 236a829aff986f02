"""The SQLite that the inbox stands on."""

from holdfast.state.sqlite import NEEDED, checked, sqlite

__all__ = ["NEEDED", "checked", "sqlite"]
