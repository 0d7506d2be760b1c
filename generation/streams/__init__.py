"""Server-sent events: what changes while a page or a program looks on."""
