from __future__ import annotations

from typing import TYPE_CHECKING

from ... import errors
from ...types import (
    RawResponse,
    Request,
    Response,
)

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error_body import ErrorBody


def build_request() -> Request:
    """The request of one call, ready to be sent by any means"""

    return Request(
        method="GET",
        path="/metrics",
    )


def parse_result(response: RawResponse) -> str:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""

    try:
        if response.status_code == 200:
            return response.text

    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.UnexpectedResponse(
            response, "a body that is not what was documented"
        ) from error
    raise errors.UnexpectedResponse(response, "an undocumented status")


def parse_error(response: RawResponse) -> str | ErrorBody:
    """What a documented error says; raises errors.UnexpectedResponse for any other answer"""
    from ...models.error_body import ErrorBody  # noqa: PLC0415

    try:
        if response.status_code == 429:
            return response.text

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


def build_response(response: RawResponse) -> Response[str | ErrorBody]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: str | ErrorBody
    if response.is_success:
        parsed = parse_result(response)
    else:
        parsed = parse_error(response)
    return Response(response.status_code, response.content, response.headers, parsed)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[str | ErrorBody]:
    """Report metrics in the Prometheus text format.

    The public controller reports one constant, a count of 0.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[str | ErrorBody]
    """

    return build_response(client.send(build_request()))


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> str | ErrorBody:
    """Report metrics in the Prometheus text format.

    The public controller reports one constant, a count of 0.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    str | ErrorBody
    """

    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[str | ErrorBody]:
    """Report metrics in the Prometheus text format.

    The public controller reports one constant, a count of 0.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[str | ErrorBody]
    """

    return build_response(await client.send_async(build_request()))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> str | ErrorBody:
    """Report metrics in the Prometheus text format.

    The public controller reports one constant, a count of 0.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    str | ErrorBody
    """

    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
