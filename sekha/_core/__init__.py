"""What decides: no I/O, no waiting, no clock of its own. The acting code asks, and carries out."""
