"""What an assistant proposes: kept out of the text, and believed no more than it has to be."""

import json
import time
from typing import Any

import pytest

from generation.services.proposals import MOST, OPENS, Sieve, cleaned

CARD = {"kind": "image", "prompt": "A red bicycle by the sea", "aspect_ratio": "16:9"}


def sifted(*pieces: str) -> tuple[str, list[dict[str, Any]]]:
    sieve = Sieve()
    shown = "".join(map(sieve.pass_on, pieces)) + sieve.rest()
    return shown, sieve.cards


def block(document: Any) -> str:
    return f"{OPENS}\n{json.dumps(document)}\n```"


def test_a_proposal_is_no_part_of_the_text() -> None:
    text, cards = sifted(f"Here it is.\n\n{block(CARD)}")
    assert (text, cards) == ("Here it is.\n\n", [CARD])


def test_it_is_found_wherever_the_pieces_break() -> None:
    whole = f"Look:\n{block(CARD)}\nand then?"
    for size in (1, 2, 3, 7):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        assert sifted(*pieces) == ("Look:\n\nand then?", [CARD])


def test_other_code_is_shown_as_it_is() -> None:
    text = "```python\nprint('studio')\n```\n`` and ``` and ```stud"
    assert sifted(*text) == (text, [])


def test_nothing_is_held_back_that_can_be_no_proposal() -> None:
    sieve = Sieve()
    assert sieve.pass_on("Two backticks ``") == "Two backticks "
    assert sieve.pass_on("` more") == "``` more"


def test_one_that_never_ends_is_read_all_the_same() -> None:
    assert sifted(f"Yes.\n{OPENS}\n{json.dumps(CARD)}") == ("Yes.\n", [CARD])


def test_several_may_come_in_one_block_or_in_several() -> None:
    other = {"kind": "thumbnail", "title": "How to win", "style": "bold"}
    assert sifted(block([CARD, other]))[1] == [CARD, other]
    assert sifted(block(CARD) + block(other))[1] == [CARD, other]
    assert len(sifted(block([CARD] * 9))[1]) == MOST


@pytest.mark.parametrize(
    "document",
    [
        "not a document",
        7,
        {"kind": "training", "name": "Ada"},
        {"kind": ["image"], "prompt": "x"},
        {"kind": "image"},
        {"kind": "image", "prompt": ""},
        {"kind": "image", "prompt": {"$ref": "x"}},
        {"kind": "image", "prompt": "x" * 100_000},
        {"kind": "image", "prompt": "nul\x00"},
        [[CARD]],
    ],
)
def test_what_is_no_order_is_not_proposed(document: Any) -> None:
    assert sifted(block(document)) == ("", [])


def test_only_known_fields_with_values_on_offer_are_kept() -> None:
    proposed = {
        **CARD,
        "aspect_ratio": "17:3",
        "price": 0,
        "user_id": "somebody",
        "clone_id": "019f0000-0000-7000-8000-000000000001",
        "photo_ids": ["019f0000-0000-7000-8000-000000000001"],
        "with_clone": True,
        "count": 2,
    }
    kept = {"kind": "image", "prompt": CARD["prompt"], "with_clone": True, "count": 2}
    assert cleaned(proposals=[proposed]) == [kept]


def test_lists_hold_values_on_offer() -> None:
    ad = {"kind": "product_ad", "product_name": "Mug", "formats": ["1:1", "9:16"]}
    assert cleaned(proposals=[ad]) == [ad]
    assert "formats" not in cleaned(proposals=[{**ad, "formats": ["1:1", "8:8"]}])[0]
    assert "formats" not in cleaned(proposals=[{**ad, "formats": [["1:1"]]}])[0]


def test_a_block_that_is_deep_or_long_is_no_danger() -> None:
    began = time.thread_time()
    assert sifted(f"{OPENS}{'[' * 5000}```") == ("", [])
    assert sifted(OPENS, *["[1," * 1000] * 300)[1] == []
    assert time.thread_time() - began < 2
