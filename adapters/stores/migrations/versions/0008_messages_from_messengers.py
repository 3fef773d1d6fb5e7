"""Messages from messengers"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_messages",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("memory", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("incoming", sa.JSON(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("citations", sa.JSON(), nullable=False),
        sa.Column("parts_sent", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("account", "message_id", name=op.f("pk_bot_messages")),
        sa.UniqueConstraint("answer_id", name=op.f("uq_bot_messages_answer_id")),
    )
    op.create_index("ix_bot_messages_memory", "bot_messages", ["account", "memory", "claimed_at"])
    op.create_index("ix_bot_messages_thread", "bot_messages", ["account", "conversation", "thread"])
    op.create_index("ix_bot_messages_state", "bot_messages", ["state"])
    op.create_table(
        "bot_choices",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("memory", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("account", "memory", name=op.f("pk_bot_choices")),
    )
    op.create_table(
        "bot_people",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f("fk_bot_people_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("platform", "tenant", "account", name=op.f("pk_bot_people")),
    )
    op.create_table(
        "bot_opinions",
        sa.Column("answer_id", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("answer_id", "user", name=op.f("pk_bot_opinions")),
    )
