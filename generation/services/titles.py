"""Set another title on a thumbnail: the picture below it stays, so this is instant and free."""

from typing import TYPE_CHECKING
from uuid import UUID

from generation.catalog import MAX_TITLE
from generation.errors import ProviderError
from generation.models import Asset
from generation.pipelines import thumbnail
from generation.providers.base import TitleOrder
from generation.services import files, texts
from generation.services.replacing import replace
from visiona.lib.errors import Conflict, NotFound

if TYPE_CHECKING:
    from accounts.models import User

NOT_THERE = "There is no such thumbnail, or it is not yours."
NO_PLATE = "This thumbnail was made without a title on it. Make a new one with a title."
UNDRAWABLE = "No font here has the letters of this title."


def retitle(*, user: "User", asset_id: UUID, title: str) -> Asset:
    """Set this title on the person's thumbnail, in place of the one that it has.

    Where two do so at once, the later one wins. Raises InvalidInput, NotFound, and Conflict for a
    thumbnail that never had a title on it.
    """
    title = texts.checked(
        text=title, field="title", longest=MAX_TITLE, missing="Give the thumbnail a title."
    )
    thumbnails = Asset.objects.filter(user_id=user.pk, source=Asset.Source.THUMBNAIL).kept()
    asset: Asset | None = thumbnails.filter(pk=asset_id).first()
    if asset is None:
        raise NotFound(NOT_THERE)
    if not asset.plate or "setting" not in asset.facts:
        raise Conflict(NO_PLATE)
    order = TitleOrder(plate=files.read(name=asset.plate), facts=asset.facts, title=title)
    try:
        product = thumbnail.set_title(order)
    except ProviderError as error:
        raise texts.refused(field="title", code="undrawable", detail=UNDRAWABLE) from error
    return replace(
        asset=asset, product=product, missing=NOT_THERE, params={"title": title}, title=title
    )
