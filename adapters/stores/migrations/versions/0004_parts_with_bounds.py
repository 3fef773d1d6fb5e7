"""Parts of documents with readers and dates of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bounds",
        sa.Column("chunk_id", sa.String(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.String(), nullable=True),
        sa.Column("effective_to", sa.String(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "version"],
            ["versions.document_id", "versions.version"],
            name=op.f("fk_bounds_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("chunk_id", name=op.f("pk_bounds")),
    )
    op.create_index("ix_bounds_version", "bounds", ["document_id", "version"])
    op.create_table(
        "bound_readers",
        sa.Column("chunk_id", sa.String(), nullable=False),
        sa.Column("principal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chunk_id"], ["bounds.chunk_id"], name=op.f("fk_bound_readers_chunk_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("chunk_id", "principal", name=op.f("pk_bound_readers")),
    )
