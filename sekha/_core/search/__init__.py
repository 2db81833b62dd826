"""Full-text and vector search: query terms, ranking, empty answers."""
