"""Who the people are; imports no other app."""
