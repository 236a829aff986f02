"""The tables of the state. A change here needs a migration in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, MetaData, Table, Text

from holdfast.state.instant import Instant

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

KEYS = Table(
    "keys",
    METADATA,
    Column("id", Text, primary_key=True, comment="the key's beginning, by which people know it"),
    Column("kind", Text, nullable=False, comment="what it allows: write (send events)"),
    Column("source", Text, nullable=False, comment="where the events come from that are sent with it"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the whole key, which is kept nowhere"),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant, comment="since when it is refused"),
    Column("last_used_at", Instant, comment="to within a minute"),
    Index("ix_keys_hash", "hash", unique=True),
)
