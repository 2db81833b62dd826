"""What goes wrong on the way, and what comes of it."""
