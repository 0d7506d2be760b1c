"""Set another title on a thumbnail: the picture below it stays, so this is instant and free."""

import hashlib
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from generation.catalog import MAX_TITLE
from generation.errors import ProviderError
from generation.models import Asset
from generation.pipelines import thumbnail
from generation.pipelines.base import Product
from generation.providers.base import TitleOrder
from generation.services import files
from visiona.lib.errors import Conflict, FieldError, InvalidInput, NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

NOT_THERE = "There is no such thumbnail, or it is not yours."
NO_PLATE = "This thumbnail was made without a title on it. Make a new one with a title."
NULL = "\x00"
SURROGATES = range(0xD800, 0xE000)
CHANGED = (
    "title",
    "params",
    "alt_text",
    "facts",
    "file",
    "preview",
    "renditions",
    "bytes",
    "sha256",
)


def retitle(*, user: "User", asset_id: UUID, title: str) -> Asset:
    """Set this title on the person's thumbnail, in place of the one that it has.

    Where two do so at once, the later one wins. Raises InvalidInput, NotFound, and Conflict for a
    thumbnail that never had a title on it.
    """
    title = _checked(title)
    asset = Asset.objects.filter(**_which(user, asset_id)).first()
    if asset is None:
        raise NotFound(NOT_THERE)
    if not asset.plate or "setting" not in asset.facts:
        raise Conflict(NO_PLATE)
    order = TitleOrder(plate=files.read(name=asset.plate), facts=asset.facts, title=title)
    try:
        product = thumbnail.set_title(order)
    except ProviderError as error:
        raise _refused("undrawable", "No font here has the letters of this title.") from error
    return _replace(user, asset, product, title)


def _which(user: "User", asset_id: UUID) -> dict[str, object]:
    return {
        "pk": asset_id,
        "user_id": user.pk,
        "source": Asset.Source.THUMBNAIL,
        "deleted_at": None,
    }


def _checked(title: str) -> str:
    title = title.strip()
    if not title:
        raise _refused("blank", "Give the thumbnail a title.")
    if len(title) > MAX_TITLE:
        raise _refused("max_length", f"Shorten the title to {MAX_TITLE} characters.")
    if NULL in title or any(ord(letter) in SURROGATES for letter in title):
        raise _refused("characters_not_allowed", "Leave out characters that are no text.")
    return title


def _refused(code: str, detail: str) -> InvalidInput:
    return InvalidInput([FieldError("title", code, detail)])


def _replace(user: "User", asset: Asset, product: Product, title: str) -> Asset:
    """Store new files under new names, let the row name them, then erase the old ones.

    Whenever this stops, the row names files that are there.
    """
    name = f"{PurePosixPath(asset.file).parent}/{asset.number}-{uuid7()}.jpg"
    stored = files.keep_picture(name=name, data=product.data, renditions=product.renditions)
    new_names = {stored["file"], *stored["renditions"].values()}
    try:
        return _swapped(user, asset.pk, product, {"title": title, **stored})
    except BaseException:
        files.erase(names=new_names)
        raise


@transaction.atomic
def _swapped(user: "User", asset_id: UUID, product: Product, changes: dict[str, Any]) -> Asset:
    row = Asset.objects.select_for_update().filter(**_which(user, asset_id)).first()
    if row is None:
        raise NotFound(NOT_THERE)
    old_names = row.file_names - {row.plate}
    row.params = row.params | {"title": changes["title"]}
    row.alt_text = product.alt_text[:300]
    row.facts = product.facts
    row.bytes = len(product.data)
    row.sha256 = hashlib.sha256(product.data).hexdigest()
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=CHANGED)
    transaction.on_commit(partial(files.erase, names=old_names), robust=True)
    return row
