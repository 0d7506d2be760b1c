"""A browser walks through the product as people do."""
