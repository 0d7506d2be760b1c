"""The five looks an ad can have: each paints the ground that a product is set on."""
