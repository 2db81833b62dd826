"""Context assembly within a token budget."""
