from __future__ import annotations

from typing import TYPE_CHECKING

from ... import errors
from ...types import (
    RawResponse,
    Request,
    Response,
    path_segment,
)

if TYPE_CHECKING:
    from ...client import AuthenticatedClient, Client
    from ...models.error_body import ErrorBody


def build_request(
    conversation_id: str,
) -> Request:
    """The request of one call, ready to be sent by any means"""

    return Request(
        method="PUT",
        path="/api/v1/conversations/{conversation_id}/pin".format(
            conversation_id=path_segment(conversation_id),
        ),
    )


def parse_result(response: RawResponse) -> None:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""

    try:
        if response.status_code == 200:
            return None

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

        if response.status_code == 404:
            if not response.is_json:
                return response.text
            response_404 = ErrorBody.from_dict(response.json())

            return response_404

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


def build_response(response: RawResponse) -> Response[None | str | ErrorBody]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: None | str | ErrorBody
    if response.is_success:
        parse_result(response)
        parsed = None
    else:
        parsed = parse_error(response)
    return Response(response.status_code, response.content, response.headers, parsed)


def sync_detailed(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[None | str | ErrorBody]:
    """Pin a conversation by raising its importance to 10.

    The former importance is lost and nothing unpins (row 30).

    Args:
        conversation_id (str): A UUID.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[None | str | ErrorBody]
    """

    return build_response(
        client.send(
            build_request(
                conversation_id=conversation_id,
            )
        )
    )


def sync(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> None | str | ErrorBody:
    """Pin a conversation by raising its importance to 10.

    The former importance is lost and nothing unpins (row 30).

    Args:
        conversation_id (str): A UUID.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    None | str | ErrorBody
    """

    return sync_detailed(
        conversation_id=conversation_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[None | str | ErrorBody]:
    """Pin a conversation by raising its importance to 10.

    The former importance is lost and nothing unpins (row 30).

    Args:
        conversation_id (str): A UUID.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[None | str | ErrorBody]
    """

    return build_response(
        await client.send_async(
            build_request(
                conversation_id=conversation_id,
            )
        )
    )


async def asyncio(
    conversation_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> None | str | ErrorBody:
    """Pin a conversation by raising its importance to 10.

    The former importance is lost and nothing unpins (row 30).

    Args:
        conversation_id (str): A UUID.

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    None | str | ErrorBody
    """

    return (
        await asyncio_detailed(
            conversation_id=conversation_id,
            client=client,
        )
    ).parsed
