"""Cited versions and where their blocks stand"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("versions") as batch_op:
        batch_op.add_column(sa.Column("places", sa.JSON(), nullable=True))
    op.create_index("ix_readers_principal", "readers", ["principal"], unique=False)
    op.create_table(
        "cited",
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("first_at", sa.String(), nullable=False),
        sa.Column("last_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "version", name=op.f("pk_cited")),
    )
    op.create_table(
        "removed",
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("removed_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_removed")),
    )
