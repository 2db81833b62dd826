from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="FullTextSearchRequest")


@_attrs_define
class FullTextSearchRequest:
    """
    Attributes:
        query (str):
        queries (list[str] | Unset): Several queries in one request, `query` the first of them, each with its own
            `limit`. Only the
            embedded controller takes them all (the answer then has `matches`); the public one answers `query`.
        limit (int | Unset): Messages at most (default 10).
        conversations (int | Unset): Conversations at most, those with the best message first, and with each one all of
            its messages that
            match. Only the embedded controller knows it (the answer then has `grouped`).
        scope (Scope | Unset): Where and when: conversations of exactly this label, of exactly this folder, of this
            folder and all below
            it, and messages from a time on and before a time. Only the embedded controller knows it; an answer says so
            with `scoped`.
    """

    query: str
    queries: list[str] | Unset = UNSET
    limit: int | Unset = UNSET
    conversations: int | Unset = UNSET
    scope: Scope | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        query = self.query

        queries: list[str] | Unset = UNSET
        if not isinstance(self.queries, Unset):
            queries = self.queries

        limit = self.limit

        conversations = self.conversations

        scope: dict[str, Any] | Unset = UNSET
        if not isinstance(self.scope, Unset):
            scope = self.scope.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "query": query,
            }
        )
        if queries is not UNSET:
            field_dict["queries"] = queries
        if limit is not UNSET:
            field_dict["limit"] = limit
        if conversations is not UNSET:
            field_dict["conversations"] = conversations
        if scope is not UNSET:
            field_dict["scope"] = scope

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        query = d.pop("query")

        queries = cast(list[str], d.pop("queries", UNSET))

        limit = d.pop("limit", UNSET)

        conversations = d.pop("conversations", UNSET)

        _scope = d.pop("scope", UNSET)
        scope: Scope | Unset
        if isinstance(_scope, Unset):
            scope = UNSET
        else:
            scope = Scope.from_dict(_scope)

        full_text_search_request = cls(
            query=query,
            queries=queries,
            limit=limit,
            conversations=conversations,
            scope=scope,
        )

        full_text_search_request.additional_properties = d
        return full_text_search_request

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


from ..models.scope import Scope  # noqa: E402
