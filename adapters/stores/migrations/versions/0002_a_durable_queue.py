"""A durable queue in the ledger"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("documents") as batch_op:
        for name, kind in (("changed_ns", sa.BigInteger()), ("device", sa.BigInteger())):
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default="0"))
        for name, text in (("recipe", sa.String()), ("access", sa.Text()), ("notice", sa.Text())):
            batch_op.add_column(sa.Column(name, text, nullable=False, server_default=""))
        for name, number in (("attempts", sa.Integer()), ("next_try_at", sa.Float()), ("priority", sa.Integer())):
            batch_op.add_column(sa.Column(name, number, nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("finished_at", sa.Float(), nullable=True))
        batch_op.create_index("ix_documents_source", ["source"], unique=False)
        batch_op.create_index("ix_documents_queue", ["state", "priority", "size"], unique=False)
