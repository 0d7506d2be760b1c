"""Write a mail in two parts that say the same: plain words, and the words set on our paper."""

import logging
from collections.abc import Mapping
from typing import Any

from css_inline import CSSInliner
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

# Mail programs drop style sheets; only what depends on the reader's theme has to stay in one.
INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
NOWHERE = ".invalid"
"""How addresses end that nobody has and nobody can have (RFC 2606)."""

logger = logging.getLogger(__name__)


class Mail(EmailMultiAlternatives):
    """A mail of ours: where none can arrive, none is sent."""

    template = ""

    def send(self, *args: Any, **options: Any) -> int:
        """Send it; return how many were."""
        if all(address.endswith(NOWHERE) for address in self.recipients()):
            logger.info("mails.mail.not_sent", extra={"template": self.template})
            return 0
        return super().send(*args, **options)


def compose(
    template: str,
    *,
    to: str,
    context: Mapping[str, Any],
    headers: dict[str, str] | None = None,
) -> Mail:
    """Write the mail of the three templates that begin with this name.

    They are `…_subject.txt`, `…_message.txt` and `…_message.html`; they know our address as `site`.
    """
    facts = {"site": settings.PUBLIC_URL, **context}
    # What people call things may have lines, which a header may not.
    subject = " ".join(render_to_string(f"{template}_subject.txt", facts).split())
    facts["subject"] = subject
    message = Mail(
        subject=subject,
        body=render_to_string(f"{template}_message.txt", facts).strip() + "\n",
        to=[to],
        headers=headers,
    )
    message.template = template
    page = INLINER.inline(render_to_string(f"{template}_message.html", facts))
    message.attach_alternative(page, "text/html")
    return message
