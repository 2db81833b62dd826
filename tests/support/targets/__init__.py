"""The controllers that one and the same scenario has to come out alike on."""

from .differences import DIFFERENCES, Kind
from .target import TARGETS, Target, config_for, embedded, recorded, target_names

__all__ = [
    "DIFFERENCES",
    "TARGETS",
    "Target",
    "Kind",
    "config_for",
    "embedded",
    "target_names",
    "recorded",
]
