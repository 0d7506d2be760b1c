"""PostgreSQL and Redis for a machine that has neither, and what runs everything on it."""
