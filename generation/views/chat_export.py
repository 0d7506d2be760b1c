"""Take a conversation home: as a text to read, or as data with all of its branches."""

import json
import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from generation import chat_selectors
from generation.models import Conversation, Message
from visiona.lib import markdown
from visiona.lib.errors import NotFound

NO_SUCH_FORM = "A conversation can be had as md or as json."
LONGEST_NAME = 60


@login_required
@require_safe
def export(request: UserRequest, conversation_id: UUID) -> HttpResponse:
    """Give a conversation as a file."""
    found = chat_selectors.conversation_of(user=request.user, conversation_id=conversation_id)
    everything = list(chat_selectors.messages_of(conversation=found))
    wanted = request.GET.get("as", "md")
    if wanted == "json":
        return _file(found, "json", "application/json", json.dumps(_data(found, everything)))
    if wanted != "md":
        raise NotFound(NO_SUCH_FORM)
    branch = chat_selectors.branch_to(messages=everything, tip_id=found.tip_id)
    return _file(found, "md", "text/markdown; charset=utf-8", _text(found, branch))


def _file(conversation: Conversation, ending: str, content_type: str, body: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    words = re.sub(r"[^a-z0-9]+", "-", conversation.title.lower()).strip("-")[:LONGEST_NAME]
    name = f"visiona-{words or 'conversation'}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _text(conversation: Conversation, branch: list[Message]) -> str:
    """Return the branch that is shown as Markdown in which nothing acts, wherever it is opened."""
    context = {"title": " ".join(conversation.title.split()), "branch": branch}
    return markdown.without_html(render_to_string("chat/export.md", context))


def _data(conversation: Conversation, everything: list[Message]) -> dict[str, Any]:
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "created_at": conversation.created_at.isoformat(),
        "shown_until": str(conversation.tip_id) if conversation.tip_id else None,
        "messages": [
            {
                "id": str(message.pk),
                "parent_id": str(message.parent_id) if message.parent_id else None,
                "role": message.role,
                "status": message.status,
                "text": message.text,
                "cards": message.cards,
                "provider": message.provider,
                "model": message.model,
                "cached": message.cached,
                "credits": message.price,
                "created_at": message.created_at.isoformat(),
            }
            for message in everything
        ],
    }
