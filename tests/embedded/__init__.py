"""The embedded servers and the supervisor, with real servers and real signals."""
