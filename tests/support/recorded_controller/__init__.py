"""The embedded controller, wrapped to misbehave as the public one does (compatibility rows 1 to 36)."""

from .controller import KEY, Dropped, RecordedController
from .scenes import UNKNOWN_ID, Scene, scene, talk
from .serving import Pace, serve
from .stack import Stack

__all__ = [
    "KEY",
    "UNKNOWN_ID",
    "RecordedController",
    "Dropped",
    "Pace",
    "Scene",
    "Stack",
    "scene",
    "serve",
    "talk",
]
