"""Bulk import, export and restore: formats, records and the journal."""
