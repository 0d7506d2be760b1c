"""Tests of the local engine: what it promises about a picture, never its exact pixels."""
