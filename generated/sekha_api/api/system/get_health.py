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
    from ...models.health_status import HealthStatus


def build_request() -> Request:
    """The request of one call, ready to be sent by any means"""

    return Request(
        method="GET",
        path="/health",
    )


def parse_result(response: RawResponse) -> HealthStatus:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""
    from ...models.health_status import HealthStatus  # noqa: PLC0415

    try:
        if response.status_code == 200:
            response_200 = HealthStatus.from_dict(response.json())

            return response_200

    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.UnexpectedResponse(
            response, "a body that is not what was documented"
        ) from error
    raise errors.UnexpectedResponse(response, "an undocumented status")


def parse_error(response: RawResponse) -> str | None:
    """What a documented error says; raises errors.UnexpectedResponse for any other answer"""

    try:
        if response.status_code == 429:
            return response.text

        if response.status_code == 503:
            return response.text or None

    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise errors.UnexpectedResponse(
            response, "a body that is not what was documented"
        ) from error
    raise errors.UnexpectedResponse(response, "an undocumented status")


def build_response(response: RawResponse) -> Response[HealthStatus | str | None]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: HealthStatus | str | None
    if response.is_success:
        parsed = parse_result(response)
    else:
        parsed = parse_error(response)
    return Response(response.status_code, response.content, response.headers, parsed)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[HealthStatus | str | None]:
    """Tell whether the controller can work.

    The public controller looks at its database and its vector store only: dead embeddings (row 32) and
    a wedged embedding service (row 4) go unseen.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[HealthStatus | str | None]
    """

    return build_response(client.send(build_request()))


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> HealthStatus | str | None:
    """Tell whether the controller can work.

    The public controller looks at its database and its vector store only: dead embeddings (row 32) and
    a wedged embedding service (row 4) go unseen.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    HealthStatus | str | None
    """

    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[HealthStatus | str | None]:
    """Tell whether the controller can work.

    The public controller looks at its database and its vector store only: dead embeddings (row 32) and
    a wedged embedding service (row 4) go unseen.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[HealthStatus | str | None]
    """

    return build_response(await client.send_async(build_request()))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> HealthStatus | str | None:
    """Tell whether the controller can work.

    The public controller looks at its database and its vector store only: dead embeddings (row 32) and
    a wedged embedding service (row 4) go unseen.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    HealthStatus | str | None
    """

    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
