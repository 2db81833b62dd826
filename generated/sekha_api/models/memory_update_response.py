from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="MemoryUpdateResponse")


@_attrs_define
class MemoryUpdateResponse:
    """
    Attributes:
        success (bool):
        data (None | UpdatedConversation):
        error (None | str):
    """

    success: bool
    data: None | UpdatedConversation
    error: None | str

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        data: dict[str, Any] | None
        if isinstance(self.data, UpdatedConversation):
            data = self.data.to_dict()
        else:
            data = self.data

        error: None | str
        error = self.error

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "success": success,
                "data": data,
                "error": error,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        success = src_dict["success"]

        def _parse_data(data: object) -> None | UpdatedConversation:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                data_type_0 = UpdatedConversation.from_dict(data)

                return data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | UpdatedConversation, data)

        data = _parse_data(src_dict["data"])

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(src_dict["error"])

        memory_update_response = cls(
            success=success,
            data=data,
            error=error,
        )

        return memory_update_response


from ..models.updated_conversation import UpdatedConversation  # noqa: E402
