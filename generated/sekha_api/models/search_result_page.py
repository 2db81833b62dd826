from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="SearchResultPage")


@_attrs_define
class SearchResultPage:
    """
    Attributes:
        results (list[SearchResult]):
        total (int):
        page (int):
        page_size (int):
    """

    results: list[SearchResult]
    total: int
    page: int
    page_size: int

    def to_dict(self) -> dict[str, Any]:
        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        total = self.total

        page = self.page

        page_size = self.page_size

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "results": results,
                "total": total,
                "page": page,
                "page_size": page_size,
            }
        )

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

        search_result_page = cls(
            results=results,
            total=total,
            page=page,
            page_size=page_size,
        )

        return search_result_page


from ..models.search_result import SearchResult  # noqa: E402
