"""Pixels: uploaded pictures cleaned, small pictures made; no rows, no network."""
