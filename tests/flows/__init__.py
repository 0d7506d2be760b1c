"""Journeys through the whole product, and what it does when something under it fails."""
