"""What Alembic runs: inside the connection, and the transaction, that pipeline.store.migrate hands over."""

from alembic import context

from pipeline.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The search index is a virtual table with shadow tables of its own: not Alembic's business.
    include_name=lambda name, kind, _parents: kind != "table" or not str(name).startswith("document_terms"),
)
context.run_migrations()
