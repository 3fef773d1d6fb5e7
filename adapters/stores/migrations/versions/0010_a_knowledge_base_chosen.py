"""Bots keep which knowledge base a person asks."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bot_choices", sa.Column("knowledge_base", sa.String(), nullable=False, server_default=""))
