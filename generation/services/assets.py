"""Delete, restore and describe what was made; photos have a service of their own."""

from typing import TYPE_CHECKING
from uuid import UUID

from generation.models import Asset
from visiona.lib import clock
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User


def delete_asset(*, user: "User", asset_id: UUID) -> None:
    """Put the asset in the bin, where it stays for thirty days. Raises NotFound."""
    if not delete_assets(user=user, asset_ids=[asset_id]):
        raise NotFound("There is no such picture, or it is not yours.")


def delete_assets(*, user: "User", asset_ids: list[UUID]) -> int:
    """Put these assets in the bin; return how many of them were mine and not there yet."""
    mine = Asset.objects.filter(user_id=user.pk, pk__in=asset_ids).made().kept()
    return mine.update(deleted_at=clock.now())


def restore_asset(*, user: "User", asset_id: UUID) -> None:
    """Take the asset out of the bin. Raises NotFound."""
    if not restore_assets(user=user, asset_ids=[asset_id]):
        raise NotFound("There is no such picture in your bin.")


def restore_assets(*, user: "User", asset_ids: list[UUID]) -> int:
    """Take these assets out of the bin; return how many of them were mine and there."""
    binned = Asset.objects.filter(user_id=user.pk, pk__in=asset_ids).made().deleted()
    return binned.update(deleted_at=None)


def describe_asset(
    *, user: "User", asset_id: UUID, title: str | None = None, starred: bool | None = None
) -> None:
    """Change the asset's title or star. Raises NotFound."""
    changes = {"title": title, "starred": starred}
    wanted = {name: value for name, value in changes.items() if value is not None}
    mine = Asset.objects.filter(user_id=user.pk, pk=asset_id).made()
    if wanted and not mine.update(**wanted):
        raise NotFound("There is no such picture, or it is not yours.")
