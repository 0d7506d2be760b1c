"""What people pay for; uses credits and accounts."""
