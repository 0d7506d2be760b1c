"""Put another picture in the place of one that was made: whole or not at all."""

import hashlib
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.db import transaction

from generation.models import Asset
from generation.services import files
from visiona.lib.errors import NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from generation.pipelines.base import Product

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


def replace(
    *, asset: Asset, product: "Product", missing: str, params: dict[str, Any], title: str = ""
) -> Asset:
    """Store new files under new names, let the row name them, then erase the old ones.

    Whenever this stops, the row names files that are there. The plate stays, so that this can be
    done again. The params are what changed of the order. Raises NotFound in the words of `missing`
    where the asset was deleted meanwhile.
    """
    name = f"{PurePosixPath(asset.file).parent}/{asset.number}-{uuid7()}.jpg"
    stored = files.keep_picture(name=name, data=product.data, renditions=product.renditions)
    new_names = {stored["file"], *stored["renditions"].values()}
    changes = stored | {"title": title or asset.title}
    try:
        return _swapped(asset, product, missing, params, changes)
    except BaseException:
        files.discard(names=new_names)
        raise


@transaction.atomic
def _swapped(
    asset: Asset, product: "Product", missing: str, params: dict[str, Any], changes: dict[str, Any]
) -> Asset:
    mine = Asset.objects.filter(pk=asset.pk, user_id=asset.user_id).kept()
    row: Asset | None = mine.select_for_update().first()
    if row is None:
        raise NotFound(missing)
    old_names = row.file_names - {row.plate}
    row.params = row.params | params
    row.alt_text = product.alt_text[:300]
    row.facts = product.facts
    row.bytes = len(product.data)
    row.sha256 = hashlib.sha256(product.data).hexdigest()
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=CHANGED)
    transaction.on_commit(partial(files.erase, names=old_names), robust=True)
    return row
