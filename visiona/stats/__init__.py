"""Numbers across apps: reads what every app says of itself, and writes nothing."""
