"""The embedded controller: a whole Sekha memory in one SQLite file, without a server.

`Controller` takes the same requests as a controller on the network and gives the same answers. It
needs the extra `local`: without it, importing this package raises a
SekhaMissingExtraError that says what to install.
"""

from importlib.util import find_spec

from ..errors import SekhaMissingExtraError

_NEEDED = ("numpy", "wordllama", "tokenizers", "safetensors", "jsonschema_rs")
_missing = [name for name in _NEEDED if find_spec(name) is None]
if _missing:
    raise SekhaMissingExtraError(f"the embedded controller needs {', '.join(_missing)} of", "local")

from .controller import Controller  # noqa: E402

__all__ = ["Controller"]
