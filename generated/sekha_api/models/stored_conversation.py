from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="StoredConversation")


@_attrs_define
class StoredConversation:
    """
    Attributes:
        conversation_id (str):
        id (str): The same as `conversation_id`.
        label (str):
        folder (str):
        status (str | Unset): `active` or `archived`. Only the embedded controller says so.
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

    conversation_id: str
    id: str
    label: str
    folder: str
    status: str | Unset = UNSET
    stored_at: str | Unset = UNSET
    times_kept: bool | Unset = UNSET
    replaced: bool | Unset = UNSET
    creates_at_once: int | Unset = UNSET
    already_stored: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        conversation_id = self.conversation_id

        id = self.id

        label = self.label

        folder = self.folder

        status = self.status

        stored_at = self.stored_at

        times_kept = self.times_kept

        replaced = self.replaced

        creates_at_once = self.creates_at_once

        already_stored = self.already_stored

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "conversation_id": conversation_id,
                "id": id,
                "label": label,
                "folder": folder,
            }
        )
        if status is not UNSET:
            field_dict["status"] = status
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
        conversation_id = src_dict["conversation_id"]

        id = src_dict["id"]

        label = src_dict["label"]

        folder = src_dict["folder"]

        status = src_dict.get("status", UNSET)

        stored_at = src_dict.get("stored_at", UNSET)

        times_kept = src_dict.get("times_kept", UNSET)

        replaced = src_dict.get("replaced", UNSET)

        creates_at_once = src_dict.get("creates_at_once", UNSET)

        already_stored = src_dict.get("already_stored", UNSET)

        stored_conversation = cls(
            conversation_id=conversation_id,
            id=id,
            label=label,
            folder=folder,
            status=status,
            stored_at=stored_at,
            times_kept=times_kept,
            replaced=replaced,
            creates_at_once=creates_at_once,
            already_stored=already_stored,
        )

        return stored_conversation
