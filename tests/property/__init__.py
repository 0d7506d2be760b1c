"""Promises that hold for whatever is tried, found by machines that try."""
