"""A test bench for everything that can go wrong between a client and a controller."""

from .exchange import Arrival
from .faults import (
    BrokenJson,
    CarriedOutLate,
    CloseAfter,
    CutShort,
    Delay,
    Drop,
    DropUnread,
    Fault,
    Gateway,
    NotHttp,
    Redirect,
    Refuse,
    ResetAtAccept,
    Stall,
    StallInside,
    StoredInPart,
    Trickle,
    WrongContentType,
    throttled,
)
from .proxy import ForwardProxy
from .schedules import ByRequest, RandomFaults, Schedule, Script, every_fault, usual_mix
from .server import FaultServer, operation_of
from .tls import Authority

__all__ = [
    "Arrival",
    "Authority",
    "BrokenJson",
    "ByRequest",
    "CarriedOutLate",
    "CloseAfter",
    "CutShort",
    "Delay",
    "Drop",
    "DropUnread",
    "Fault",
    "FaultServer",
    "ForwardProxy",
    "Gateway",
    "NotHttp",
    "RandomFaults",
    "Redirect",
    "Refuse",
    "ResetAtAccept",
    "Schedule",
    "Script",
    "Stall",
    "StallInside",
    "StoredInPart",
    "Trickle",
    "WrongContentType",
    "every_fault",
    "operation_of",
    "throttled",
    "usual_mix",
]
