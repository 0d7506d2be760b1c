"""The catalogue of plans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan: the credits that it brings, how often, and what it allows.

    Where it names no number of its own, what the server is set to holds: CHAT_RATE and
    CONCURRENT_JOBS.
    """

    name: str
    credit_amount: int
    recurring: bool
    chat_per_day: int | None = None
    concurrent_jobs: int | None = None


FREE = Plan(name="free", credit_amount=20, recurring=False)

CREDIT_MICRO_USD = 15 * 1_000_000 // 80
"""The list price of a credit, in millionths of a US dollar: 15 dollars for 80.

What is spent is valued by it, whether the credits were bought or given.
"""
