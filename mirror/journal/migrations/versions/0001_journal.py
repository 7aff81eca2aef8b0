"""The journal: exchanges, replies, work, events and spool positions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table('event',
    sa.Column('tenant', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('at_us', sa.BigInteger(), nullable=False),
    sa.Column('type', sa.String(length=64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('leaf', sa.String(length=64), nullable=False),
    sa.Column('prev', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('tenant', 'seq', name=op.f('pk_event'))
    )
    op.create_index(op.f('ix_event_type_at_us'), 'event', ['type', 'at_us'], unique=False)
    op.create_table('exchange',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('tenant', sa.String(length=64), nullable=False),
    sa.Column('route', sa.String(length=16), nullable=False),
    sa.Column('session', sa.String(length=200), nullable=False),
    sa.Column('accepted_us', sa.BigInteger(), nullable=False),
    sa.Column('method', sa.String(length=8), nullable=False),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('requested_model', sa.String(length=200), nullable=False),
    sa.Column('streaming', sa.Boolean(), nullable=False),
    sa.Column('stage', sa.String(length=16), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('serving', sa.String(length=16), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=64), nullable=False),
    sa.Column('reask', sa.Boolean(), nullable=False),
    sa.Column('headers', sa.Text(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exchange'))
    )
    op.create_index(op.f('ix_exchange_tenant_route_epoch_accepted_us'), 'exchange', ['tenant', 'route', 'epoch', 'accepted_us'], unique=False)
    op.create_index(op.f('ix_exchange_tenant_route_outcome_reason'), 'exchange', ['tenant', 'route', 'outcome', 'reason'], unique=False)
    op.create_table('spool_position',
    sa.Column('segment', sa.String(length=200), nullable=False),
    sa.Column('offset', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('segment', name=op.f('pk_spool_position'))
    )
    op.create_table('in_flight',
    sa.Column('exchange_id', sa.String(length=36), nullable=False),
    sa.Column('spool', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['exchange_id'], ['exchange.id'], name=op.f('fk_in_flight_exchange_id')),
    sa.PrimaryKeyConstraint('exchange_id', name=op.f('pk_in_flight'))
    )
    op.create_index(op.f('ix_in_flight_spool'), 'in_flight', ['spool'], unique=False)
    op.create_table('reply',
    sa.Column('exchange_id', sa.String(length=36), nullable=False),
    sa.Column('leg', sa.String(length=8), nullable=False),
    sa.Column('side', sa.String(length=16), nullable=False),
    sa.Column('upstream', sa.String(length=64), nullable=False),
    sa.Column('location', sa.String(length=8), nullable=False),
    sa.Column('model', sa.String(length=200), nullable=False),
    sa.Column('sent_us', sa.BigInteger(), nullable=False),
    sa.Column('end', sa.String(length=16), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.Column('total_us', sa.BigInteger(), nullable=False),
    sa.Column('first_byte_us', sa.BigInteger(), nullable=True),
    sa.Column('first_token_us', sa.BigInteger(), nullable=True),
    sa.Column('content_type', sa.String(length=200), nullable=False),
    sa.Column('content_encoding', sa.String(length=64), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('body_cut', sa.Boolean(), nullable=False),
    sa.Column('served_model', sa.String(length=200), nullable=False),
    sa.Column('served_by', sa.String(length=200), nullable=False),
    sa.Column('failed_over', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['exchange_id'], ['exchange.id'], name=op.f('fk_reply_exchange_id')),
    sa.PrimaryKeyConstraint('exchange_id', 'leg', name=op.f('pk_reply'))
    )
    op.create_table('work',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('exchange_id', sa.String(length=36), nullable=False),
    sa.Column('due_us', sa.BigInteger(), nullable=False),
    sa.Column('leased_until_us', sa.BigInteger(), nullable=False),
    sa.Column('owner', sa.String(length=64), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['exchange_id'], ['exchange.id'], name=op.f('fk_work_exchange_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_work')),
    sa.UniqueConstraint('kind', 'exchange_id', name=op.f('uq_work_kind_exchange_id'))
    )
    op.create_index(op.f('ix_work_kind_due_us'), 'work', ['kind', 'due_us'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_work_kind_due_us'), table_name='work')
    op.drop_table('work')
    op.drop_table('reply')
    op.drop_index(op.f('ix_in_flight_spool'), table_name='in_flight')
    op.drop_table('in_flight')
    op.drop_table('spool_position')
    op.drop_index(op.f('ix_exchange_tenant_route_outcome_reason'), table_name='exchange')
    op.drop_index(op.f('ix_exchange_tenant_route_epoch_accepted_us'), table_name='exchange')
    op.drop_table('exchange')
    op.drop_index(op.f('ix_event_type_at_us'), table_name='event')
    op.drop_table('event')
