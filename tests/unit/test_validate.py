"""Bad input is a typed error, whatever it is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sekha import SekhaValidationError
from sekha._core import validate

HUGE = 10**400
UNPRINTABLE = 10**5000


class Odd:
    """Nothing can be done with it."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")


VALUES: list[Any] = [
    None, True, HUGE, -HUGE, UNPRINTABLE, float("nan"), float("inf"), 1j, "1", b"1", [], {}, Odd(),
    Decimal(1), Fraction(1, 2), np.int64(1), np.array([1, 2]), np.array(["daily", "weekly"]),
    "x" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_is_no_number_in_range_is_refused(value: Any) -> None:
    with pytest.raises(SekhaValidationError) as caught:
        validate.integer("count", value, 0)
    assert caught.value.parameter == "count" and len(str(caught.value)) < 250
    with pytest.raises(SekhaValidationError):
        validate.number("importance_threshold", value)
    with pytest.raises(SekhaValidationError):
        validate.one_of("level", value, ("daily", "weekly"))


def test_what_is_one_is_taken() -> None:
    assert validate.integer("count", 3, 0) == 3
    assert validate.number("threshold", 3) == 3.0
    assert validate.number("threshold", np.float64(0.5)) == 0.5
    assert validate.one_of("level", "daily", ("daily",)) == "daily"


@pytest.mark.parametrize("value", [HUGE, UNPRINTABLE, Odd(), None], ids="abcd")
def test_no_list_of_texts(value: Any) -> None:
    with pytest.raises(SekhaValidationError, match="a list of texts"):
        validate.texts("labels", value)
