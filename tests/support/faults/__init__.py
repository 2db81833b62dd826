"""A test bench for everything that can go wrong between a client and a controller."""

from .answers import AboutAnother, EchoedHeaders, SkewedDate, WrongJson, lying_answers
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
    "AboutAnother",
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
    "EchoedHeaders",
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
    "SkewedDate",
    "Stall",
    "StallInside",
    "StoredInPart",
    "Trickle",
    "WrongContentType",
    "WrongJson",
    "every_fault",
    "lying_answers",
    "operation_of",
    "throttled",
    "usual_mix",
]
