from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="MemoryGetContextResponse")


@_attrs_define
class MemoryGetContextResponse:
    """
    Attributes:
        success (bool):
        data (ConversationDetails | None):
        error (None | str):
    """

    success: bool
    data: ConversationDetails | None
    error: None | str

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        data: dict[str, Any] | None
        if isinstance(self.data, ConversationDetails):
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

        def _parse_data(data: object) -> ConversationDetails | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                data_type_0 = ConversationDetails.from_dict(data)

                return data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ConversationDetails | None, data)

        data = _parse_data(src_dict["data"])

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(src_dict["error"])

        memory_get_context_response = cls(
            success=success,
            data=data,
            error=error,
        )

        return memory_get_context_response


from ..models.conversation_details import ConversationDetails  # noqa: E402
