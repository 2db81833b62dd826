from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SearchResultPage")


@_attrs_define
class SearchResultPage:
    """
    Attributes:
        results (list[SearchResult]):
        total (int):
        page (int):
        page_size (int):
        honoured (list[str] | Unset): In a list: which of `order`, `source`, `source_id` and `content_hash` were asked
            for and given. Only the
            embedded controller says so: the public one does not know them.
        settled (bool | Unset): In a list: no create whose client has hung up is still at work. What was asked for and
            is not in the
            list is not stored and will not be. Only the embedded controller says so.
        scoped (bool | Unset): Whether the request's `scope`, or the `under`, `since` and `until` of a list, were kept
            to. Only the
            embedded controller says so.
    """

    results: list[SearchResult]
    total: int
    page: int
    page_size: int
    honoured: list[str] | Unset = UNSET
    settled: bool | Unset = UNSET
    scoped: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        total = self.total

        page = self.page

        page_size = self.page_size

        honoured: list[str] | Unset = UNSET
        if not isinstance(self.honoured, Unset):
            honoured = self.honoured

        settled = self.settled

        scoped = self.scoped

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "results": results,
                "total": total,
                "page": page,
                "page_size": page_size,
            }
        )
        if honoured is not UNSET:
            field_dict["honoured"] = honoured
        if settled is not UNSET:
            field_dict["settled"] = settled
        if scoped is not UNSET:
            field_dict["scoped"] = scoped

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        results = []
        _results = src_dict["results"]
        for results_item_data in _results:
            results_item = SearchResult.from_dict(results_item_data)

            results.append(results_item)

        total = src_dict["total"]

        page = src_dict["page"]

        page_size = src_dict["page_size"]

        honoured = cast(list[str], src_dict.get("honoured", UNSET))

        settled = src_dict.get("settled", UNSET)

        scoped = src_dict.get("scoped", UNSET)

        search_result_page = cls(
            results=results,
            total=total,
            page=page,
            page_size=page_size,
            honoured=honoured,
            settled=settled,
            scoped=scoped,
        )

        return search_result_page


from ..models.search_result import SearchResult  # noqa: E402
