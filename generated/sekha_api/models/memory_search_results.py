from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="MemorySearchResults")


@_attrs_define
class MemorySearchResults:
    """
    Attributes:
        query (str):
        total_results (int):
        limit (int):
        results (list[SearchResult]):
    """

    query: str
    total_results: int
    limit: int
    results: list[SearchResult]

    def to_dict(self) -> dict[str, Any]:
        query = self.query

        total_results = self.total_results

        limit = self.limit

        results = []
        for results_item_data in self.results:
            results_item = results_item_data.to_dict()
            results.append(results_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "query": query,
                "total_results": total_results,
                "limit": limit,
                "results": results,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        query = src_dict["query"]

        total_results = src_dict["total_results"]

        limit = src_dict["limit"]

        results = []
        _results = src_dict["results"]
        for results_item_data in _results:
            results_item = SearchResult.from_dict(results_item_data)

            results.append(results_item)

        memory_search_results = cls(
            query=query,
            total_results=total_results,
            limit=limit,
            results=results,
        )

        return memory_search_results


from ..models.search_result import SearchResult  # noqa: E402
