from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorBody")


@_attrs_define
class ErrorBody:
    """What went wrong. The tools leave out `code` (row 26).

    Attributes:
        error (str):
        code (int | Unset): The status code again.
    """

    error: str
    code: int | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        error = self.error

        code = self.code

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "error": error,
            }
        )
        if code is not UNSET:
            field_dict["code"] = code

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        error = src_dict["error"]

        code = src_dict.get("code", UNSET)

        error_body = cls(
            error=error,
            code=code,
        )

        return error_body
