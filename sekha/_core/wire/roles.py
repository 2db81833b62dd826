"""Roles of messages that mean something to this package."""

RECORD_ROLE = "sekha.record"
"""A message for programs, beside those that people read: recall and contexts leave it out."""
