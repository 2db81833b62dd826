"""The public methods, one module a subject."""
