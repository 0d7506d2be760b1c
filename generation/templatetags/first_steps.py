"""The first-run checklist of the studio."""

from typing import Any

from django import template
from django.urls import reverse

from generation import selectors

register = template.Library()


@register.inclusion_tag("generation/_first_steps.html", takes_context=True)
def first_steps(context: dict[str, Any]) -> dict[str, Any]:
    """Show what a new person has done and what is next, until it is all done or put away."""
    user = context["user"]
    if user.checklist_dismissed_at:
        return {}
    done = selectors.first_steps_of(user=user)
    if done.count == done.total:
        return {}
    steps = [
        ("Add a photo of yourself", reverse("generation:photos"), done.photo),
        (
            "Make your first picture",
            reverse("generation:studio", args=["thumbnail"]) + "#id_title",
            done.picture,
        ),
        ("Star the picture that you like best", reverse("gallery:library"), done.star),
        ("Confirm your e-mail address (optional)", reverse("accounts:profile"), done.address),
    ]
    return {
        "steps": steps,
        "done": done.count,
        "total": done.total,
        "csrf_token": context.get("csrf_token"),
    }
