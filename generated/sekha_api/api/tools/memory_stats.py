from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors
from ...types import (
    RawResponse,
    Request,
    Response,
    encode_json,
)

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error_body import ErrorBody
    from ...models.memory_stats_request import MemoryStatsRequest
    from ...models.memory_stats_response import MemoryStatsResponse


def build_request(
    *,
    body: MemoryStatsRequest,
) -> Request:
    """The request of one call, ready to be sent by any means"""
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {}
    _kwargs["json"] = body.to_dict()

    headers["content-type"] = "application/json"

    return Request(
        method="POST",
        path="/mcp/tools/memory_stats",
        headers=headers,
        content=encode_json(_kwargs["json"]) if "json" in _kwargs else None,
    )


def parse_result(response: RawResponse) -> MemoryStatsResponse:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""
    from ...models.memory_stats_response import MemoryStatsResponse  # noqa: PLC0415

    try:
        if response.status_code == 200:
            response_200 = MemoryStatsResponse.from_dict(response.json())

            return response_200

    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.UnexpectedResponse(
            response, "a body that is not what was documented"
        ) from error
    raise errors.UnexpectedResponse(response, "an undocumented status")


def parse_error(response: RawResponse) -> str | ErrorBody | None:
    """What a documented error says; raises errors.UnexpectedResponse for any other answer"""
    from ...models.error_body import ErrorBody  # noqa: PLC0415

    try:
        if response.status_code == 400:
            if not response.is_json:
                return response.text
            response_400 = ErrorBody.from_dict(response.json())

            return response_400

        if response.status_code == 401:
            if not response.is_json:
                return response.text
            response_401 = ErrorBody.from_dict(response.json())

            return response_401

        if response.status_code == 413:
            return response.text

        if response.status_code == 415:
            return response.text

        if response.status_code == 422:
            return response.text

        if response.status_code == 429:
            return response.text

        if response.status_code == 500:
            return response.text or None

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


def build_response(response: RawResponse) -> Response[MemoryStatsResponse | str | ErrorBody | None]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: MemoryStatsResponse | str | ErrorBody | None
    if response.is_success:
        parsed = parse_result(response)
    else:
        parsed = parse_error(response)
    return Response(response.status_code, response.content, response.headers, parsed)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: MemoryStatsRequest,
) -> Response[MemoryStatsResponse | str | ErrorBody | None]:
    """Count conversations and average their importance, over all, a folder or a label.

    `folder` and `label` together give 200 with `success` false. The public controller counts at most
    10000 in a folder or under a label, and averages over the first 10000 (row 29).

    Args:
        body (MemoryStatsRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[MemoryStatsResponse | str | ErrorBody | None]
    """

    return build_response(
        client.send(
            build_request(
                body=body,
            )
        )
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: MemoryStatsRequest,
) -> MemoryStatsResponse | str | ErrorBody | None:
    """Count conversations and average their importance, over all, a folder or a label.

    `folder` and `label` together give 200 with `success` false. The public controller counts at most
    10000 in a folder or under a label, and averages over the first 10000 (row 29).

    Args:
        body (MemoryStatsRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    MemoryStatsResponse | str | ErrorBody | None
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: MemoryStatsRequest,
) -> Response[MemoryStatsResponse | str | ErrorBody | None]:
    """Count conversations and average their importance, over all, a folder or a label.

    `folder` and `label` together give 200 with `success` false. The public controller counts at most
    10000 in a folder or under a label, and averages over the first 10000 (row 29).

    Args:
        body (MemoryStatsRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[MemoryStatsResponse | str | ErrorBody | None]
    """

    return build_response(
        await client.send_async(
            build_request(
                body=body,
            )
        )
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: MemoryStatsRequest,
) -> MemoryStatsResponse | str | ErrorBody | None:
    """Count conversations and average their importance, over all, a folder or a label.

    `folder` and `label` together give 200 with `success` false. The public controller counts at most
    10000 in a folder or under a label, and averages over the first 10000 (row 29).

    Args:
        body (MemoryStatsRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    MemoryStatsResponse | str | ErrorBody | None
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
