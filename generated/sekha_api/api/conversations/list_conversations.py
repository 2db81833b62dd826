from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors
from ...types import (
    UNSET,
    RawResponse,
    Request,
    Response,
    Unset,
    query_value,
)

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error_body import ErrorBody
    from ...models.list_conversations_order import ListConversationsOrder
    from ...models.search_result_page import SearchResultPage


def build_request(
    *,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
    pinned: bool | Unset = UNSET,
    archived: bool | Unset = UNSET,
    under: str | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    page: int | Unset = UNSET,
    page_size: int | Unset = UNSET,
    order: ListConversationsOrder | Unset = UNSET,
    source: str | Unset = UNSET,
    source_id: str | Unset = UNSET,
    content_hash: str | Unset = UNSET,
) -> Request:
    """The request of one call, ready to be sent by any means"""

    params: dict[str, Any] = {}

    params["label"] = label

    params["folder"] = folder

    params["pinned"] = pinned

    params["archived"] = archived

    params["under"] = under

    params["since"] = since

    params["until"] = until

    params["page"] = page

    params["page_size"] = page_size

    json_order: str | Unset = UNSET
    if not isinstance(order, Unset):
        json_order = order.value

    params["order"] = json_order

    params["source"] = source

    params["source_id"] = source_id

    params["content_hash"] = content_hash

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    return Request(
        method="GET",
        path="/api/v1/conversations",
        params={key: query_value(value) for key, value in params.items()},
    )


def parse_result(response: RawResponse) -> SearchResultPage:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""
    from ...models.search_result_page import SearchResultPage  # noqa: PLC0415

    try:
        if response.status_code == 200:
            response_200 = SearchResultPage.from_dict(response.json())

            return response_200

    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.UnexpectedResponse(
            response, "a body that is not what was documented"
        ) from error
    raise errors.UnexpectedResponse(response, "an undocumented status")


def parse_error(response: RawResponse) -> str | ErrorBody:
    """What a documented error says; raises errors.UnexpectedResponse for any other answer"""
    from ...models.error_body import ErrorBody  # noqa: PLC0415

    try:
        if response.status_code == 400:
            return response.text

        if response.status_code == 401:
            if not response.is_json:
                return response.text
            response_401 = ErrorBody.from_dict(response.json())

            return response_401

        if response.status_code == 429:
            return response.text

        if response.status_code == 500:
            if not response.is_json:
                return response.text
            response_500 = ErrorBody.from_dict(response.json())

            return response_500

        if response.status_code == 507:
            if not response.is_json:
                return response.text
            response_507 = ErrorBody.from_dict(response.json())

            return response_507

    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.UnexpectedResponse(
            response, "a body that is not what was documented"
        ) from error
    raise errors.UnexpectedResponse(response, "an undocumented status")


def build_response(response: RawResponse) -> Response[SearchResultPage | str | ErrorBody]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: SearchResultPage | str | ErrorBody
    if response.is_success:
        parsed = parse_result(response)
    else:
        parsed = parse_error(response)
    return Response(response.status_code, response.content, response.headers, parsed)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
    pinned: bool | Unset = UNSET,
    archived: bool | Unset = UNSET,
    under: str | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    page: int | Unset = UNSET,
    page_size: int | Unset = UNSET,
    order: ListConversationsOrder | Unset = UNSET,
    source: str | Unset = UNSET,
    source_id: str | Unset = UNSET,
    content_hash: str | Unset = UNSET,
) -> Response[SearchResultPage | str | ErrorBody]:
    """List conversations, last changed first.

    Rows have the shape of search results: `timestamp` is the time of the last change, `score` is 1.0,
    `message_id` is the nil UUID, `content` repeats the label, and `metadata` holds `folder`, `status`
    and `importance_score` (row 7). On the public controller any filter makes the result empty (row 6).
    Any change to a conversation moves it to the top (row 36), so pages shift while others write.

    Args:
        label (str | Unset):
        folder (str | Unset):
        pinned (bool | Unset):
        archived (bool | Unset):
        under (str | Unset):
        since (str | Unset):
        until (str | Unset):
        page (int | Unset):
        page_size (int | Unset):
        order (ListConversationsOrder | Unset):
        source (str | Unset):
        source_id (str | Unset):
        content_hash (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[SearchResultPage | str | ErrorBody]
    """

    return build_response(
        client.send(
            build_request(
                label=label,
                folder=folder,
                pinned=pinned,
                archived=archived,
                under=under,
                since=since,
                until=until,
                page=page,
                page_size=page_size,
                order=order,
                source=source,
                source_id=source_id,
                content_hash=content_hash,
            )
        )
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
    pinned: bool | Unset = UNSET,
    archived: bool | Unset = UNSET,
    under: str | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    page: int | Unset = UNSET,
    page_size: int | Unset = UNSET,
    order: ListConversationsOrder | Unset = UNSET,
    source: str | Unset = UNSET,
    source_id: str | Unset = UNSET,
    content_hash: str | Unset = UNSET,
) -> SearchResultPage | str | ErrorBody:
    """List conversations, last changed first.

    Rows have the shape of search results: `timestamp` is the time of the last change, `score` is 1.0,
    `message_id` is the nil UUID, `content` repeats the label, and `metadata` holds `folder`, `status`
    and `importance_score` (row 7). On the public controller any filter makes the result empty (row 6).
    Any change to a conversation moves it to the top (row 36), so pages shift while others write.

    Args:
        label (str | Unset):
        folder (str | Unset):
        pinned (bool | Unset):
        archived (bool | Unset):
        under (str | Unset):
        since (str | Unset):
        until (str | Unset):
        page (int | Unset):
        page_size (int | Unset):
        order (ListConversationsOrder | Unset):
        source (str | Unset):
        source_id (str | Unset):
        content_hash (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    SearchResultPage | str | ErrorBody
    """

    return sync_detailed(
        client=client,
        label=label,
        folder=folder,
        pinned=pinned,
        archived=archived,
        under=under,
        since=since,
        until=until,
        page=page,
        page_size=page_size,
        order=order,
        source=source,
        source_id=source_id,
        content_hash=content_hash,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
    pinned: bool | Unset = UNSET,
    archived: bool | Unset = UNSET,
    under: str | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    page: int | Unset = UNSET,
    page_size: int | Unset = UNSET,
    order: ListConversationsOrder | Unset = UNSET,
    source: str | Unset = UNSET,
    source_id: str | Unset = UNSET,
    content_hash: str | Unset = UNSET,
) -> Response[SearchResultPage | str | ErrorBody]:
    """List conversations, last changed first.

    Rows have the shape of search results: `timestamp` is the time of the last change, `score` is 1.0,
    `message_id` is the nil UUID, `content` repeats the label, and `metadata` holds `folder`, `status`
    and `importance_score` (row 7). On the public controller any filter makes the result empty (row 6).
    Any change to a conversation moves it to the top (row 36), so pages shift while others write.

    Args:
        label (str | Unset):
        folder (str | Unset):
        pinned (bool | Unset):
        archived (bool | Unset):
        under (str | Unset):
        since (str | Unset):
        until (str | Unset):
        page (int | Unset):
        page_size (int | Unset):
        order (ListConversationsOrder | Unset):
        source (str | Unset):
        source_id (str | Unset):
        content_hash (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[SearchResultPage | str | ErrorBody]
    """

    return build_response(
        await client.send_async(
            build_request(
                label=label,
                folder=folder,
                pinned=pinned,
                archived=archived,
                under=under,
                since=since,
                until=until,
                page=page,
                page_size=page_size,
                order=order,
                source=source,
                source_id=source_id,
                content_hash=content_hash,
            )
        )
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
    pinned: bool | Unset = UNSET,
    archived: bool | Unset = UNSET,
    under: str | Unset = UNSET,
    since: str | Unset = UNSET,
    until: str | Unset = UNSET,
    page: int | Unset = UNSET,
    page_size: int | Unset = UNSET,
    order: ListConversationsOrder | Unset = UNSET,
    source: str | Unset = UNSET,
    source_id: str | Unset = UNSET,
    content_hash: str | Unset = UNSET,
) -> SearchResultPage | str | ErrorBody:
    """List conversations, last changed first.

    Rows have the shape of search results: `timestamp` is the time of the last change, `score` is 1.0,
    `message_id` is the nil UUID, `content` repeats the label, and `metadata` holds `folder`, `status`
    and `importance_score` (row 7). On the public controller any filter makes the result empty (row 6).
    Any change to a conversation moves it to the top (row 36), so pages shift while others write.

    Args:
        label (str | Unset):
        folder (str | Unset):
        pinned (bool | Unset):
        archived (bool | Unset):
        under (str | Unset):
        since (str | Unset):
        until (str | Unset):
        page (int | Unset):
        page_size (int | Unset):
        order (ListConversationsOrder | Unset):
        source (str | Unset):
        source_id (str | Unset):
        content_hash (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    SearchResultPage | str | ErrorBody
    """

    return (
        await asyncio_detailed(
            client=client,
            label=label,
            folder=folder,
            pinned=pinned,
            archived=archived,
            under=under,
            since=since,
            until=until,
            page=page,
            page_size=page_size,
            order=order,
            source=source,
            source_id=source_id,
            content_hash=content_hash,
        )
    ).parsed
