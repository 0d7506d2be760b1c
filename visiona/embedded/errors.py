"""What ends a start: one line for the person at the terminal, and no traceback."""


class CannotStart(SystemExit):
    """A reason, raised to the top: Python prints the line to stderr and exits with 1."""
