from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CreatedConversation")


@_attrs_define
class CreatedConversation:
    """
    Attributes:
        id (str):
        conversation_id (str): The same as `id`.
        label (str):
        folder (str):
        status (str):
        message_count (int):
        created_at (str):
        stored_at (str | Unset): When it was stored, where `created_at` is when its first message was said. Only the
            embedded controller.
        times_kept (bool | Unset): Whether the `timestamp` of each message was kept. Only the embedded controller says
            so.
        replaced (bool | Unset): Whether the earlier version that was named is gone. Only the embedded controller says
            so.
        creates_at_once (int | Unset): How many creates in flight pay: those that wait together are written together.
            Only the embedded controller says so; of others no more than 4 are safe (row 4).
        already_stored (bool | Unset): Nothing was stored, as more are there than `if_stored_at_most`; all else is about
            the one of them that
            was stored last. Only the embedded controller says so.
    """

    id: str
    conversation_id: str
    label: str
    folder: str
    status: str
    message_count: int
    created_at: str
    stored_at: str | Unset = UNSET
    times_kept: bool | Unset = UNSET
    replaced: bool | Unset = UNSET
    creates_at_once: int | Unset = UNSET
    already_stored: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        conversation_id = self.conversation_id

        label = self.label

        folder = self.folder

        status = self.status

        message_count = self.message_count

        created_at = self.created_at

        stored_at = self.stored_at

        times_kept = self.times_kept

        replaced = self.replaced

        creates_at_once = self.creates_at_once

        already_stored = self.already_stored

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "conversation_id": conversation_id,
                "label": label,
                "folder": folder,
                "status": status,
                "message_count": message_count,
                "created_at": created_at,
            }
        )
        if stored_at is not UNSET:
            field_dict["stored_at"] = stored_at
        if times_kept is not UNSET:
            field_dict["times_kept"] = times_kept
        if replaced is not UNSET:
            field_dict["replaced"] = replaced
        if creates_at_once is not UNSET:
            field_dict["creates_at_once"] = creates_at_once
        if already_stored is not UNSET:
            field_dict["already_stored"] = already_stored

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        id = src_dict["id"]

        conversation_id = src_dict["conversation_id"]

        label = src_dict["label"]

        folder = src_dict["folder"]

        status = src_dict["status"]

        message_count = src_dict["message_count"]

        created_at = src_dict["created_at"]

        stored_at = src_dict.get("stored_at", UNSET)

        times_kept = src_dict.get("times_kept", UNSET)

        replaced = src_dict.get("replaced", UNSET)

        creates_at_once = src_dict.get("creates_at_once", UNSET)

        already_stored = src_dict.get("already_stored", UNSET)

        created_conversation = cls(
            id=id,
            conversation_id=conversation_id,
            label=label,
            folder=folder,
            status=status,
            message_count=message_count,
            created_at=created_at,
            stored_at=stored_at,
            times_kept=times_kept,
            replaced=replaced,
            creates_at_once=creates_at_once,
            already_stored=already_stored,
        )

        return created_conversation
