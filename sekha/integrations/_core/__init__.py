"""What the adapters decide: no I/O, no clock, no lock."""
