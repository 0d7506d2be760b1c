"""PostgreSQL with row-level security: the backend, the actor, migration operations, checks."""
