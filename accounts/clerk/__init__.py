"""Clerk as the door to the product, for whoever sets its keys."""
