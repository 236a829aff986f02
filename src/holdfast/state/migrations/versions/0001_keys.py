"""Keys with which events are sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "keys",
        sa.Column("id", sa.Text, primary_key=True, comment="the key's beginning, by which people know it"),
        sa.Column("kind", sa.Text, nullable=False, comment="what it allows: write (send events)"),
        sa.Column("source", sa.Text, nullable=False, comment="where the events come from that are sent with it"),
        sa.Column("hash", sa.LargeBinary, nullable=False, comment="SHA-256 of the whole key, which is kept nowhere"),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("revoked_at", instant, comment="since when it is refused"),
        sa.Column("last_used_at", instant, comment="to within a minute"),
    )
    op.create_index("ix_keys_hash", "keys", ["hash"], unique=True)
