"""What goes in and out of the API of making things, by noun."""
