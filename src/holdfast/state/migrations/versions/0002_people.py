"""People who sign in, their sessions and invitations, keys that read, segments, and who did what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _keys()
    _people()
    _work()


def _keys() -> None:
    op.add_column("keys", sa.Column("role", sa.Text, comment="what whoever reads with it may do; none for a write key"))
    op.add_column("keys", sa.Column("name", sa.Text, comment="what it is for; none for a write key"))
    if op.get_context().dialect.name == "postgresql":
        kind, source = _KEY_COMMENTS
        op.alter_column("keys", "kind", comment=kind)
        op.alter_column("keys", "source", comment=source)


_KEY_COMMENTS = (
    "what it allows: write (send events) or read (the API)",
    "where the events come from that are sent with it; '' to read",
)


def _people() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, comment="in small letters"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, comment="Argon2id; none where somebody signs in elsewhere"),
        sa.Column("subject", sa.Text, comment="issuer and subject of the OpenID provider, once signed in by it"),
        sa.Column("role", sa.Text, nullable=False, comment="viewer, success, analyst or owner"),
        sa.Column("language", sa.Text, comment="none: that of the browser"),
        sa.Column("theme", sa.Text, nullable=False, comment="system, light or dark"),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("disabled_at", instant, comment="since when they may not sign in"),
        sa.Column("last_seen_at", instant, comment="to within five minutes"),
    )
    op.create_index("ix_users_email", "users", ["email"], unique=True)
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)
    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary, primary_key=True, comment="SHA-256 of the token in the cookie"),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("last_seen_at", instant, nullable=False, comment="to within five minutes"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False, comment="SHA-256 of the token in the link"),
        sa.Column(
            "purpose", sa.Text, nullable=False, comment="welcome (the first owner), invite or reset (a password)"
        ),
        sa.Column("email", sa.Text, nullable=False, comment="whom it is for; '' for the first owner"),
        sa.Column("role", sa.Text, nullable=False, comment="what they will be; for a reset what they are"),
        sa.Column("invited_by", sa.Text, nullable=False, comment="id of a user, or console"),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("expires_at", instant, comment="none: when it is used, or replaced"),
        sa.Column("used_at", instant),
    )
    op.create_index("ix_invitations_hash", "invitations", ["hash"], unique=True)


def _work() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "segments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column(
            "conditions", sa.JSON, nullable=False, comment="a list of conditions as --where takes them; all must hold"
        ),
        sa.Column("made_by", sa.Text, nullable=False, comment="id of a user, or console"),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
    )
    op.create_index("ix_segments_name", "segments", ["name"], unique=True)
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", instant, nullable=False),
        sa.Column("who", sa.Text, nullable=False, comment="id of a user or of a key, or console"),
        sa.Column("what", sa.Text, nullable=False, comment="what was done, such as role changed"),
        sa.Column("about", sa.Text, nullable=False, comment="to whom or what"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
