"""What an assistant is told before it answers: who it is, and what it knows of the studio."""

from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from billing import selectors as billing_selectors
from billing.plans import FREE
from credits import selectors as credits_selectors
from generation import catalog
from generation.engine.assistant.facts import Facts, Offer
from generation.engine.assistant.handbook import handbook
from generation.models import Clone, Project

if TYPE_CHECKING:
    from accounts.models import User

MOST_NAMES = 20
"""Of clones and projects: an assistant that goes by rules has to look for each."""
PERSONA = (
    "You are the assistant of Visiona, a studio that makes pictures, thumbnails, ads and short "
    "videos. Help with ideas, prompts, titles, copy and the studio itself; answer other questions "
    "too. Be brief and specific. Write Markdown. Answer in the language of the question. Say "
    "plainly what you do not know or cannot do; you cannot see pictures, open addresses or run "
    "anything yourself. Never claim that you made something."
)
PROPOSE = (
    "Where the person wants something made, end your answer with one fenced block whose language "
    'is "studio" and whose content is one JSON object (or a list of at most three). The person '
    "sees it as a card with its price and decides; never write about the block itself. Fields: "
    '{"kind": "image", "prompt": "...", "aspect_ratio": "1:1", "count": 1} - add '
    '"with_clone": true where the person is to be in the picture; '
    '{"kind": "thumbnail", "title": "...", "style": "bold", "aspect_ratio": "16:9"}; '
    '{"kind": "product_ad", "product_name": "...", "description": "...", "headline": "..."}; '
    '{"kind": "video", "product_name": "...", "description": "...", "seconds": 13}.'
)


@cache
def instructions() -> str:
    """Return what a language model is told; nothing of it is about a person."""
    return "\n\n".join((PERSONA, handbook(rules()), PROPOSE))


@cache
def rules() -> Facts:
    """Return what the assistant on this machine tells anybody."""
    return _facts()


def facts_of(*, user: "User") -> Facts:
    """Return what the assistant on this machine may know of the person, whom it never leaves."""
    wallet = credits_selectors.wallet_of(user=user)
    entitled = billing_selectors.entitlements_of(user=user)
    return _facts(
        available=wallet.available,
        answers_a_day=entitled.chat_per_day,
        clones=_names_of_clones(user.pk),
        projects=_names_of_projects(user.pk),
    )


def _facts(**personal: object) -> Facts:
    return Facts(
        offers={
            kind.name: Offer(
                name=kind.name,
                label=kind.label,
                price=kind.price,
                unit=kind.unit,
                most=kind.max_count,
                is_priced_by_piece=kind.is_priced_by_piece,
                options=kind.options,
            )
            for kind in catalog.KINDS.values()
        },
        chat_price=catalog.CHAT_PRICE,
        welcome=FREE.credit_amount,
        packs=tuple(pack.label for pack in catalog.packs_on_offer()),
        clone_photos=(catalog.LEAST_CLONE_PHOTOS, catalog.MOST_CLONE_PHOTOS),
        product_photos=catalog.MAX_PRODUCT_PHOTOS,
        video_seconds=(catalog.SHORTEST_VIDEO, catalog.LONGEST_VIDEO),
        **personal,  # type: ignore[arg-type] # each is one of its fields
    )


def _names_of_clones(user_id: UUID) -> tuple[str, ...]:
    ready = Clone.objects.filter(user_id=user_id, status=Clone.Status.READY, removed_at=None)
    return tuple(ready.order_by("-id").values_list("name", flat=True)[:MOST_NAMES])


def _names_of_projects(user_id: UUID) -> tuple[str, ...]:
    projects = Project.objects.filter(user_id=user_id).order_by("-id")
    return tuple(projects.values_list("name", flat=True)[:MOST_NAMES])
