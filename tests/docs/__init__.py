"""What users were promised runs as it is written: the guide, the README and the examples."""
