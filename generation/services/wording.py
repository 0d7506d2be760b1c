"""Set other words on a product ad: the picture below them stays, so this is instant and free."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from generation.catalog import MAX_CALL_TO_ACTION, MAX_HEADLINE, MAX_SUBLINE, PRODUCT_AD
from generation.errors import ProviderError
from generation.models import Asset
from generation.pipelines.image import product_of
from generation.providers import local
from generation.services import files, texts
from generation.services.replacing import replace
from visiona.lib.errors import AppError, Conflict, FieldError, InvalidInput, NotFound

if TYPE_CHECKING:
    from accounts.models import User

NOT_THERE = "There is no such ad, or it is not yours."
NO_PLATE = "This ad was made without words on it. Make a new one with words."
NOT_SAME = "These words cannot be set on this ad. Make a new one with them."
HEADLESS = "Give the ad a headline."
LIMITS = {
    "headline": MAX_HEADLINE,
    "subline": MAX_SUBLINE,
    "call_to_action": MAX_CALL_TO_ACTION,
}


def reword(*, user: "User", asset_id: UUID, copy: Mapping[str, str]) -> Asset:
    """Set these words on the person's ad; those that are not named stay as they are.

    Where two do so at once, the later one wins. Raises InvalidInput, NotFound, and Conflict for an
    ad that never had words on it.
    """
    wanted = _checked(copy)
    ads = Asset.objects.filter(user_id=user.pk, source=Asset.Source.PRODUCT_AD).kept()
    asset: Asset | None = ads.filter(pk=asset_id).first()
    if asset is None:
        raise NotFound(NOT_THERE)
    if not asset.plate or "copy" not in asset.facts:
        raise Conflict(NO_PLATE)
    words = asset.facts["copy"] | wanted
    try:
        picture = local.worded(files.read(name=asset.plate), asset.facts, words)
    except ProviderError as error:
        raise _refusal(error) from error
    ordered = {name: text for name, text in wanted.items() if name in PRODUCT_AD.defaults}
    return replace(asset=asset, product=product_of(picture), missing=NOT_THERE, params=ordered)


def _checked(copy: Mapping[str, str]) -> dict[str, str]:
    unknown = [name for name in copy if name not in LIMITS]
    if unknown:
        raise InvalidInput(
            FieldError(name, "unknown", "There is no such field.") for name in unknown
        )
    if not copy:
        raise texts.refused(
            field="headline", code="required", detail="Send at least one of the ad's words."
        )
    return {
        name: texts.checked(
            text=text,
            field=name,
            longest=LIMITS[name],
            missing=HEADLESS if name == "headline" else "",
        )
        for name, text in copy.items()
    }


def _refusal(error: ProviderError) -> AppError:
    """Say of which field the words cannot be drawn: the engine names it first."""
    field, _, reason = error.detail.partition(": ")
    if field not in LIMITS:
        return Conflict(NOT_SAME)
    return texts.refused(
        field=field, code="undrawable", detail=f"{reason[:1].upper()}{reason[1:]}."
    )
