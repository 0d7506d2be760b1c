"""The statement of a person, and the page where staff adjust wallets."""
