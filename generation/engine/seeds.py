"""One number out of everything that was asked, so that the same request draws the same picture."""

import hashlib

import numpy as np

from generation.engine.pixels import Random

SEED_BYTES = 8


def seed_of(*facts: object) -> int:
    text = "|".join(str(fact) for fact in facts)
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:SEED_BYTES], "big")


def random_of(*facts: object) -> Random:
    return np.random.default_rng(seed_of(*facts))
