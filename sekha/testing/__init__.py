"""A fault server for tests: a controller that answers over HTTP, unless a fault is due.

The fixtures of the pytest plugin (`sekha_server`, `sekha_faults`, ...) stand on it. Needs the extra
`local` for a controller behind it.
"""

from .exchange import Arrival
from .faults import (
    CarriedOutLate,
    CloseAfter,
    CutShort,
    Delay,
    Drop,
    DropUnread,
    Fault,
    Interim,
    OtherAnswer,
    Refuse,
    ResetAtAccept,
    Stall,
    StallInside,
    StoredInPart,
    Trickle,
    Unasked,
)
from .gateways import (
    BrokenJson,
    Gateway,
    NotHttp,
    RawAnswer,
    Redirect,
    WrongContentType,
    throttled,
)
from .lying_answers import AboutAnother, EchoedHeaders, SkewedDate, WrongJson, lying_answers
from .schedules import ByRequest, RandomFaults, Schedule, Script, every_fault, usual_mix
from .served import FaultyMemory, ServedMemory, faulty_memory, served_memory, short_waits
from .server import FaultServer, operation_of

__all__ = [
    "AboutAnother",
    "Arrival",
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
    "FaultyMemory",
    "Gateway",
    "Interim",
    "NotHttp",
    "OtherAnswer",
    "RandomFaults",
    "RawAnswer",
    "Redirect",
    "Refuse",
    "ResetAtAccept",
    "Schedule",
    "Script",
    "ServedMemory",
    "SkewedDate",
    "Stall",
    "StallInside",
    "StoredInPart",
    "Trickle",
    "Unasked",
    "WrongContentType",
    "WrongJson",
    "every_fault",
    "faulty_memory",
    "lying_answers",
    "operation_of",
    "served_memory",
    "short_waits",
    "throttled",
    "usual_mix",
]
