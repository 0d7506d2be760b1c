"""Whoever makes things for us, behind our own words."""
