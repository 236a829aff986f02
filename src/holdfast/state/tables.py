"""The tables of the state. A change here needs a migration in `migrations/versions`; a test compares the two."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

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
    Column("kind", Text, nullable=False, comment="what it allows: write (send events) or read (the API)"),
    Column("source", Text, nullable=False, comment="where the events come from that are sent with it; '' to read"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the whole key, which is kept nowhere"),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant, comment="since when it is refused"),
    Column("last_used_at", Instant, comment="to within a minute"),
    Column("role", Text, comment="what whoever reads with it may do; none for a write key"),
    Column("name", Text, comment="what it is for; none for a write key"),
    Index("ix_keys_hash", "hash", unique=True),
)

USERS = Table(
    "users",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, comment="in small letters"),
    Column("name", Text, nullable=False),
    Column("password_hash", Text, comment="Argon2id; none where somebody signs in elsewhere"),
    Column("subject", Text, comment="issuer and subject of the OpenID provider, once signed in by it"),
    Column("role", Text, nullable=False, comment="viewer, success, analyst or owner"),
    Column("language", Text, comment="none: that of the browser"),
    Column("theme", Text, nullable=False, comment="system, light or dark"),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant, comment="since when they may not sign in"),
    Column("last_seen_at", Instant, comment="to within five minutes"),
    Index("ix_users_email", "email", unique=True),
    Index("ix_users_subject", "subject", unique=True),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of the token in the cookie"),
    Column("user_id", Text, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("last_seen_at", Instant, nullable=False, comment="to within five minutes"),
    Index("ix_sessions_user_id", "user_id"),
)

INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of the token in the link"),
    Column("purpose", Text, nullable=False, comment="welcome (the first owner), invite or reset (a password)"),
    Column("email", Text, nullable=False, comment="whom it is for; '' for the first owner"),
    Column("role", Text, nullable=False, comment="what they will be; for a reset what they are"),
    Column("invited_by", Text, nullable=False, comment="id of a user, or console"),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, comment="none: when it is used, or replaced"),
    Column("used_at", Instant),
    Index("ix_invitations_hash", "hash", unique=True),
)

SEGMENTS = Table(
    "segments",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("conditions", JSON, nullable=False, comment="a list of conditions as --where takes them; all must hold"),
    Column("made_by", Text, nullable=False, comment="id of a user, or console"),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_segments_name", "name", unique=True),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False, comment="id of a user or of a key, or console"),
    Column("what", Text, nullable=False, comment="what was done, such as role changed"),
    Column("about", Text, nullable=False, comment="to whom or what"),
    Index("ix_audit_at", "at"),
)
