"""What the adapters store with, on the embedded controller and on one like the public one."""
