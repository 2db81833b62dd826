from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.search_result import SearchResult


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
        from ..models.search_result import SearchResult  # noqa: PLC0415

        d = dict(src_dict)
        results = []
        _results = d.pop("results")
        for results_item_data in _results:
            results_item = SearchResult.from_dict(results_item_data)

            results.append(results_item)

        total = d.pop("total")

        page = d.pop("page")

        page_size = d.pop("page_size")

        search_result_page = cls(
            results=results,
            total=total,
            page=page,
            page_size=page_size,
        )

        return search_result_page
