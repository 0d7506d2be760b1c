"""How the threads of a process take turns."""

import sys

SWITCH_SECONDS = 0.0005
"""A tenth of Python's own: who has a word to pass on must not wait while another thread counts."""


def take_short_turns() -> None:
    """Let a thread that wants to go on do so soon; for processes whose threads mostly wait."""
    sys.setswitchinterval(SWITCH_SECONDS)
