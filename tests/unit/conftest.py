from __future__ import annotations

from hypothesis import settings

# Time says nothing here: the machine may be busy.
settings.register_profile("sekha", deadline=None)
settings.load_profile("sekha")
