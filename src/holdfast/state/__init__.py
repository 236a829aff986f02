"""What people decide, in a relational database: SQLite in the data folder, or PostgreSQL by URL."""

from holdfast.state.audit import Audit, Entry
from holdfast.state.database import State, open_state
from holdfast.state.invitations import Invitation, Invitations
from holdfast.state.keys import Key, Keys
from holdfast.state.people import People, User
from holdfast.state.roles import ROLES, Role, may
from holdfast.state.segments import Segment, Segments
from holdfast.state.sessions import Session, Sessions

__all__ = [
    "ROLES",
    "Audit",
    "Entry",
    "Invitation",
    "Invitations",
    "Key",
    "Keys",
    "People",
    "Role",
    "Segment",
    "Segments",
    "Session",
    "Sessions",
    "State",
    "User",
    "may",
    "open_state",
]
