"""What people keep and show: the library."""
