"""Files: atomic writes, the import journal, export files."""
