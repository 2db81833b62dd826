"""The controllers that one and the same scenario has to come out alike on."""

from .differences import DIFFERENCES, Kind
from .ground import GROUNDS, Ground, config_for, embedded, ground_names, recorded

__all__ = [
    "DIFFERENCES",
    "GROUNDS",
    "Ground",
    "Kind",
    "config_for",
    "embedded",
    "ground_names",
    "recorded",
]
