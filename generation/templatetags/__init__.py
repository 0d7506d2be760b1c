"""What the studio's templates say about jobs."""
