from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="FullTextSearchResults")


@_attrs_define
class FullTextSearchResults:
    """
    Attributes:
        results (list[StoredMessage]):
        total (int):
        ranked (bool | Unset): Whether the best match comes first (row 17). Only the embedded controller says so; then
            each
            message's metadata has its `conversation`, too.
        matches (list[list[str]] | Unset): For each of the request's `queries` the ids of the messages that match it;
            `results` then holds each
            message once.
        grouped (bool | Unset): Whether `results` are of the `conversations` that were asked for, all of their matches.
        scoped (bool | Unset): Whether the request's `scope` was kept to.
    """

    results: list[StoredMessage]
    total: int
    ranked: bool | Unset = UNSET
    matches: list[list[str]] | Unset = UNSET
    grouped: bool | Unset = UNSET
    scoped: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        total = self.total

        ranked = self.ranked

        matches: list[list[str]] | Unset = UNSET
        if not isinstance(self.matches, Unset):
            matches = []
            for matches_item_data in self.matches:
                matches_item = matches_item_data

                matches.append(matches_item)

        grouped = self.grouped

        scoped = self.scoped

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "results": results,
                "total": total,
            }
        )
        if ranked is not UNSET:
            field_dict["ranked"] = ranked
        if matches is not UNSET:
            field_dict["matches"] = matches
        if grouped is not UNSET:
            field_dict["grouped"] = grouped
        if scoped is not UNSET:
            field_dict["scoped"] = scoped

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        results = []
        _results = src_dict["results"]
        for results_item_data in _results:
            results_item = StoredMessage.from_dict(results_item_data)

            results.append(results_item)

        total = src_dict["total"]

        ranked = src_dict.get("ranked", UNSET)

        _matches = src_dict.get("matches", UNSET)
        matches: list[list[str]] | Unset = UNSET
        if _matches is not UNSET:
            matches = []
            for matches_item_data in _matches:
                matches_item = cast(list[str], matches_item_data)

                matches.append(matches_item)

        grouped = src_dict.get("grouped", UNSET)

        scoped = src_dict.get("scoped", UNSET)

        full_text_search_results = cls(
            results=results,
            total=total,
            ranked=ranked,
            matches=matches,
            grouped=grouped,
            scoped=scoped,
        )

        return full_text_search_results


from ..models.stored_message import StoredMessage  # noqa: E402
