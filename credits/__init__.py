"""What people own; knows only that a user exists, never what credits buy."""
