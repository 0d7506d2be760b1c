"""Who is asked follows from the keys that are set, unless the settings name somebody."""

import subprocess
import sys
from typing import Any, cast

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from generation.providers import registry
from generation.providers.ports import Capability, ProviderCall

CHOICES = ["text", "vision", "image", "video", "training"]


@pytest.fixture(autouse=True)
def no_keys(settings: Settings) -> None:
    for name in [*registry.KEYS.values(), *registry.ADDRESSES.values()]:
        setattr(settings, name, "")
    settings.PROVIDERS = dict.fromkeys(Capability, "")
    settings.PROVIDER_MODELS = dict.fromkeys(Capability, "")


def chosen() -> list[str]:
    return [registry.provider_of(capability) for capability in Capability]


def ignore(call: ProviderCall) -> None:
    raise AssertionError(call)


def test_without_keys_this_machine_does_everything() -> None:
    assert chosen() == ["local"] * 5
    assert registry.text(record=ignore) is None
    assert registry.training(record=ignore) is None
    registry.check()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["replicate"], ["local", "local", "replicate", "replicate", "replicate"]),
        (["gemini"], ["gemini", "gemini", "gemini", "gemini", "local"]),
        (["openai"], ["openai", "openai", "openai", "local", "local"]),
        (
            ["replicate", "gemini", "openai"],
            ["gemini", "gemini", "replicate", "replicate", "replicate"],
        ),
    ],
)
def test_a_key_is_enough(keys: list[str], expected: list[str], settings: Settings) -> None:
    for provider in keys:
        setattr(settings, registry.KEYS[provider], "key")
    assert chosen() == expected


def test_the_settings_overrule_the_preference(settings: Settings) -> None:
    settings.REPLICATE_API_TOKEN = settings.OPENAI_API_KEY = "key"
    settings.PROVIDERS = settings.PROVIDERS | {"image": "openai", "video": "local"}
    assert chosen() == ["openai", "openai", "openai", "local", "replicate"]
    image = registry.image(record=ignore)
    assert image is not None
    assert (image.provider, image.most_images) == ("openai", 10)


def test_who_made_something_is_asked_about_it_although_another_is_preferred_by_now(
    settings: Settings,
) -> None:
    settings.REPLICATE_API_TOKEN = settings.GEMINI_API_KEY = "key"
    settings.PROVIDERS = settings.PROVIDERS | {"video": "gemini"}
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"video": "gemini-omni-1.1-flash"}
    video = registry.video(record=ignore, provider="replicate")
    assert video is not None
    assert video.provider == "replicate"
    assert registry.offer_for(Capability.VIDEO, "replicate").name == "kwaivgi/kling-v2.1"
    assert registry.offer_for(Capability.VIDEO, "gemini").name == "gemini-omni-1.1-flash"


@pytest.mark.parametrize(
    ("keys", "preferred", "expected"),
    [
        ([], "", []),
        (["replicate"], "", []),
        (["gemini"], "", ["gemini"]),
        (["openai"], "", ["openai"]),
        (["gemini", "openai"], "", ["gemini", "openai"]),
        (["gemini", "openai"], "openai", ["openai", "gemini"]),
        (["gemini", "openai"], "local", []),
    ],
)
def test_everybody_who_is_connected_may_write_in_the_place_of_another(
    keys: list[str], preferred: str, expected: list[str], settings: Settings
) -> None:
    for provider in keys:
        setattr(settings, registry.KEYS[provider], "key")
    settings.PROVIDERS = settings.PROVIDERS | {"text": preferred}
    assert registry.writing_providers() == expected
    writers = registry.writers(record=ignore)
    assert [writer.provider for writer in writers] == expected


def test_who_writes_in_the_place_of_another_has_a_model_and_a_breaker_of_its_own(
    settings: Settings,
) -> None:
    settings.GEMINI_API_KEY = settings.OPENAI_API_KEY = "key"
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"text": "gemini-3.8-flash"}
    gemini, openai = [cast("Any", one) for one in registry.writers(record=ignore)]
    assert (gemini.offer.name, openai.offer.name) == ("gemini-3.8-flash", "gpt-5.4-mini")
    assert [one.caller.breaker.provider for one in (gemini, openai)] == ["gemini", "openai"]
    assert (gemini.account.order_seconds, gemini.account.stream_seconds) == (30, 120)


def test_a_server_of_ones_own_writes_in_the_place_of_another(settings: Settings) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:11434/v1"
    settings.GEMINI_API_KEY = "key"
    assert registry.writing_providers() == ["gemini", "openai"]


def test_a_server_of_ones_own_needs_no_key_for_words(settings: Settings) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:11434/v1"
    assert chosen() == ["openai", "openai", "local", "local", "local"]
    settings.PROVIDERS = settings.PROVIDERS | {"image": "openai"}
    assert registry.provider_of(Capability.IMAGE) == "openai"


def test_an_override_without_a_key_says_what_to_do(settings: Settings) -> None:
    settings.PROVIDERS = settings.PROVIDERS | {"image": "replicate"}
    with pytest.raises(ImproperlyConfigured) as caught:
        registry.check()
    assert str(caught.value) == (
        "IMAGE_PROVIDER is 'replicate', but REPLICATE_API_TOKEN is empty. "
        "Set it, or leave IMAGE_PROVIDER empty."
    )


def test_an_override_that_cannot_do_it_says_who_can(settings: Settings) -> None:
    settings.OPENAI_API_KEY = "key"
    settings.PROVIDERS = settings.PROVIDERS | {"training": "openai"}
    with pytest.raises(ImproperlyConfigured) as caught:
        registry.check()
    assert str(caught.value) == (
        "TRAINING_PROVIDER is 'openai'. Choose one of replicate, local, or leave it empty."
    )


def test_another_model_is_taken_by_its_name(settings: Settings) -> None:
    settings.GEMINI_API_KEY = "key"
    settings.PROVIDER_MODELS = settings.PROVIDER_MODELS | {"text": "gemini-3.8-flash"}
    offer = registry.offer_for(Capability.TEXT, "gemini")
    assert offer.name == "gemini-3.8-flash"
    assert offer.price


def test_staff_see_a_breaker_for_everybody_who_may_be_asked() -> None:
    pairs = {(one.provider, str(one.capability)) for one in registry.breakers()}
    assert len(pairs) == len(registry.breakers()) == 10
    assert ("gemini", "video") in pairs


def test_no_sdk_is_loaded_where_nobody_is_asked() -> None:
    program = (
        "import sys; from generation.providers import registry;"
        "print([name for name in ('openai', 'google.genai', 'replicate') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stdout.decode().strip() == "[]"


def test_who_was_asked_once_is_connected_while_there_is_a_key(settings: Settings) -> None:
    assert registry.is_connected("local")
    assert not registry.is_connected("replicate")
    settings.REPLICATE_API_TOKEN = "key"
    settings.PROVIDERS = settings.PROVIDERS | {"training": "local"}
    assert registry.is_connected("replicate"), "although another is preferred by now"
