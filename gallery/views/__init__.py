"""The library's pages: find what was made, look at it, change its words, download, delete, undo."""
