"""Make a prompt better: by a language model where there is one, else by rules."""

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generation.catalog import MAX_PROMPT
from generation.errors import ProviderError
from generation.models import Clone, Job, RequestMetric
from generation.providers import local, registry
from generation.providers.ports import Capability, ProviderCall, Text, TextRequest, Turn
from generation.services import budget, metrics, provider_calls
from visiona.lib import request_id

if TYPE_CHECKING:
    from uuid import UUID

SYSTEM = (
    "You rewrite prompts for an image generator. Keep the subject and every concrete detail that "
    "the person named. Add setting, light, lens or medium, and mood where they are missing. Answer "
    f"with the rewritten prompt alone, in English, at most {MAX_PROMPT} characters, no quotes."
)
PORTRAIT_SYSTEM = (
    "You rewrite prompts for an image generator that shows one certain person, whom it knows and "
    "you do not. Keep the subject, every name and code word, and every concrete detail that was "
    "named, such as clothes and their colors. Never add another person, and never say anything of "
    "the person's age, sex, body, face, hair, skin or origin that was not said. Add setting, "
    "light, lens, framing and expression where they are missing. Answer with the rewritten prompt "
    f"alone, in English, at most {MAX_PROMPT} characters, no quotes."
)
PORTRAIT = "portrait"
"""What rules call a prompt for a picture of somebody."""
MAX_TOKENS = 300
# A person waits for it, in a transaction; PostgreSQL ends one that does nothing for 15 seconds.
PATIENCE_SECONDS = 10.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhanced:
    """A prompt as it was and as it was made, and by whom."""

    prompt: str
    enhanced_prompt: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """What a language model wrote, if there is one and it did, and who was asked."""

    provider: str
    text: str = ""
    error: str = ""


def enhance(
    *,
    user_id: "UUID",
    prompt: str,
    kind: str,
    clone: Clone | None = None,
    job_id: "UUID | None" = None,
) -> Enhanced:
    """Return the prompt made better. Where a provider fails, is slow or may not be asked, the rules
    do it.

    One for a person's clone is made better as a portrait: nothing is said of who they are. A job
    has more patience than a person who waits.
    """
    request = metrics.Request(
        operation=metrics.ENHANCE, user_id=user_id, request_id=request_id.current()
    )
    is_portrait = clone is not None and clone.subject == "person"
    calls: list[ProviderCall] = []
    patience = None if job_id else PATIENCE_SECONDS
    writer = registry.text(record=calls.append, seconds=patience) if budget.is_open() else None
    try:
        with request.watch.step("ai_ms"):
            attempt = _attempt(writer, _nameless(prompt, clone), is_portrait=is_portrait)
            rules = "" if attempt.text else local.phrased(prompt, PORTRAIT if is_portrait else kind)
    finally:
        with request.watch.step("db_ms"):
            provider_calls.keep(calls=calls, user_id=user_id, job_id=job_id)
    better = Enhanced(
        prompt=prompt,
        enhanced_prompt=attempt.text or rules,
        provider=attempt.provider if attempt.text else registry.LOCAL,
    )
    if job_id is None:  # otherwise it is a part of the job, which has numbers of its own
        numbers = request.ended(
            status=RequestMetric.Status.OK,
            provider=better.provider,
            fallback_used=better.provider != attempt.provider,
            message_length=len(prompt),
            error_name=attempt.error,
        )
        metrics.keep(metric=numbers)
    return better


def _attempt(writer: Text | None, prompt: str, *, is_portrait: bool) -> _Attempt:
    """Ask a language model, if there is one."""
    if writer is None:
        return _Attempt(provider=registry.LOCAL)
    text, error = "", ""
    try:
        answer = writer.write(_request(prompt, is_portrait=is_portrait))
        text = answer.text.strip().strip('"')[:MAX_PROMPT] if answer.is_complete else ""
    except ProviderError as failure:
        logger.info("generation.prompt.by_rules", extra={"code": failure.code})
        error = failure.code
    return _Attempt(provider=writer.provider, text=text, error=error)


def has_to_ask(*, job: Job) -> bool:
    """Whether a language model has to be waited for before the job can be made."""
    is_wanted = job.params.get("enhance") and not job.enhanced_prompt
    return bool(is_wanted) and registry.provider_of(Capability.TEXT) != registry.LOCAL


def prompt_of(*, job: Job) -> str:
    """Return the prompt that a job works on; what was asked to be made better is made so once."""
    prompt: str = job.params.get("prompt", "")
    if not job.params.get("enhance") or not prompt:
        return prompt
    if not job.enhanced_prompt:
        better = enhance(
            user_id=job.user_id, prompt=prompt, kind=job.kind, clone=_clone_in(job), job_id=job.pk
        )
        job.enhanced_prompt = better.enhanced_prompt
        Job.objects.filter(pk=job.pk, lease_token=job.lease_token).update(
            enhanced_prompt=job.enhanced_prompt
        )
    return job.enhanced_prompt


def _clone_in(job: Job) -> Clone | None:
    """Return the clone that is to be seen in what the job makes."""
    if job.clone_id is None:
        return None
    clone: Clone | None = Clone.objects.filter(pk=job.clone_id, user_id=job.user_id).first()
    return clone


def _nameless(prompt: str, clone: Clone | None) -> str:
    """Return the prompt without the clone's name: nobody else has to learn who it is."""
    if clone is None:
        return prompt
    return re.sub(
        rf"(?<!\w){re.escape(clone.name)}(?!\w)",
        f"the {clone.subject}",
        prompt,
        flags=re.IGNORECASE,
    )


def _request(prompt: str, *, is_portrait: bool) -> TextRequest:
    system = PORTRAIT_SYSTEM if is_portrait else SYSTEM
    given: dict[str, Any] = {"turns": (Turn(text=prompt),), "system": system}
    return TextRequest(**given, max_tokens=MAX_TOKENS)
