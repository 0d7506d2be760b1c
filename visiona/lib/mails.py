"""Write a mail in two parts that say the same: plain words, and the words set on our paper."""

from collections.abc import Mapping
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

# Mail programs drop style sheets; only what depends on the reader's theme has to stay in one.
INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def compose(
    template: str,
    *,
    to: str,
    context: Mapping[str, Any],
    headers: dict[str, str] | None = None,
) -> EmailMultiAlternatives:
    """Write the mail of the three templates that begin with this name.

    They are `…_subject.txt`, `…_message.txt` and `…_message.html`; they know our address as `site`.
    """
    facts = {"site": settings.PUBLIC_URL, **context}
    # What people call things may have lines, which a header may not.
    subject = " ".join(render_to_string(f"{template}_subject.txt", facts).split())
    facts["subject"] = subject
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}_message.txt", facts).strip() + "\n",
        to=[to],
        headers=headers,
    )
    page = INLINER.inline(render_to_string(f"{template}_message.html", facts))
    message.attach_alternative(page, "text/html")
    return message
