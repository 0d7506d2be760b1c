"""Whoever takes the money: Stripe, or a till on this machine that behaves as Stripe does."""
