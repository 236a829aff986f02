"""What people decide, in a relational database: SQLite in the data folder, or PostgreSQL by URL."""

from holdfast.state.database import State, open_state
from holdfast.state.keys import Key, Keys

__all__ = ["Key", "Keys", "State", "open_state"]
