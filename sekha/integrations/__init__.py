"""Adapters for other people's frameworks: one module and one extra each, thin over the clients.

Nothing here is imported by `import sekha`.
"""
