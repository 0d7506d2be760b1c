"""Photos of somebody for clones: measured as good ones are, each another one."""

from typing import Any

from accounts.models import User
from generation.models import Asset
from tests import factories, plain

GOOD: dict[str, Any] = {
    "width": 1200,
    "height": 1500,
    "faces": 1,
    "sharpness": 90.0,
    "highlights": 0.8,
    "overexposed": 0.0,
    "around": 0.5,
    "face_height": 420,
    "face_sharpness": 60.0,
    "face_highlights": 0.8,
    "face_overexposed": 0.0,
    "eye_light": 1.0,
    "cut": False,
    "roll": 1.0,
    "yaw": 0.0,
    "room_above": 0.4,
}
"""What the coach measures of a good portrait."""


def make_portraits(user: User, count: int = 6, **measures: Any) -> list[Asset]:
    """So many photos of somebody, every one good enough and different."""
    return [make_portrait(user, number, **measures) for number in range(count)]


def make_portrait(user: User, number: int = 0, **measures: Any) -> Asset:
    """One photo of somebody, measured as it is said."""
    data = plain.picture((640, 480 + 2 * number))
    photo = factories.make_photo(user, f"me-{number}.jpg", data)
    hashed = f"{int('0123456789abcdef'[number % 16] * 16, 16) ^ (number << 40):016x}"
    facts = {"portrait": {**GOOD, "hash": hashed, **measures}}
    Asset.objects.filter(pk=photo.pk).update(facts=facts)
    photo.facts = facts
    return photo
