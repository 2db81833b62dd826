"""Words that tell nothing about what is looked for, and words that an answer is likely to hold."""

from __future__ import annotations

_STOP_WORDS_TEXT = """
    a about after again ago all also always am an and any anyone anything are as at away
    be because been before being between both but by can could d did didn do does doesn doing don done
    during each else enough even ever every everyone everything few for from further get gets getting
    got had has have having he her here hers herself him himself his how however i if in into is isn it
    its itself just know let like likely ll m made make makes making many may maybe me might mine more
    most much must my myself no nor not now of off often oh ok okay on once one only or other others our
    ours out over own perhaps please probably quite rather re really s said same say says she should
    since so some someone something such t tell than that the their theirs them themselves then there
    these they thing things this those though through to told too toward under until up upon us use
    used uses using ve very want wanted wants was way we well were what when where whether which while
    who whom whose why will with within without would yes yet you your yours yourself
    """
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())
"""Of English; a query of nothing else is taken as it is."""

_QUESTION_WORDS_TEXT = """
    what when where who whom whose which why how did do does is are was were can could will would has
    have had should
    """
QUESTION_WORDS = frozenset(_QUESTION_WORDS_TEXT.split())
"""A query that begins with one of these is a question, with a question mark or without."""

QUANTITIES = frozenset("many much long old often far big tall heavy".split())
"""What "how" asks a number with."""

_TIME_WORDS_TEXT = """
    today tonight yesterday tomorrow ago last next recently soon since week weekend weeks month months
    year years day days morning evening night january february march april may june july august
    september october november december monday tuesday wednesday thursday friday saturday sunday
    spring summer autumn fall winter christmas easter
    """
TIME_WORDS = frozenset(_TIME_WORDS_TEXT.split())

_NUMBER_WORDS_TEXT = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
    million half once twice dozen couple every
    """
NUMBER_WORDS = frozenset(_NUMBER_WORDS_TEXT.split())

ROLES = frozenset(
    "user assistant system human gpt ai model bot tool function observation developer unknown".split()
)
"""Roles that name nobody."""
