"""What the user of either client now sees of each of the public controller's 36 rows."""
