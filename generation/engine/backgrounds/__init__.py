"""Painted grounds: one module a style."""
