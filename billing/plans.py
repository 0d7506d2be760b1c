"""The catalogue of plans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan: the credits that it brings, and how often."""

    name: str
    credit_amount: int
    recurring: bool


FREE = Plan(name="free", credit_amount=20, recurring=False)
