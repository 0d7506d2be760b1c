"""Shared ground: no models, imports no app; each file does one thing."""
