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
    from ...models.summarize_request import SummarizeRequest
    from ...models.summary import Summary


def build_request(
    *,
    body: SummarizeRequest,
) -> Request:
    """The request of one call, ready to be sent by any means"""
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {}
    _kwargs["json"] = body.to_dict()

    headers["content-type"] = "application/json"

    return Request(
        method="POST",
        path="/api/v1/summarize",
        headers=headers,
        content=encode_json(_kwargs["json"]) if "json" in _kwargs else None,
    )


def parse_result(response: RawResponse) -> Summary:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""
    from ...models.summary import Summary  # noqa: PLC0415

    try:
        if response.status_code == 200:
            response_200 = Summary.from_dict(response.json())

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
            if not response.is_json:
                return response.text
            response_400 = ErrorBody.from_dict(response.json())

            return response_400

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

        if response.status_code == 413:
            return response.text

        if response.status_code == 415:
            return response.text

        if response.status_code == 422:
            return response.text

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


def build_response(response: RawResponse) -> Response[Summary | str | ErrorBody]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: Summary | str | ErrorBody
    if response.is_success:
        parsed = parse_result(response)
    else:
        parsed = parse_error(response)
    return Response(response.status_code, response.content, response.headers, parsed)


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SummarizeRequest,
) -> Response[Summary | str | ErrorBody]:
    """Summarize a conversation.

    With its language model down, the public controller answers 200 with a placeholder text (row 27).

    Args:
        body (SummarizeRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[Summary | str | ErrorBody]
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
    body: SummarizeRequest,
) -> Summary | str | ErrorBody:
    """Summarize a conversation.

    With its language model down, the public controller answers 200 with a placeholder text (row 27).

    Args:
        body (SummarizeRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Summary | str | ErrorBody
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: SummarizeRequest,
) -> Response[Summary | str | ErrorBody]:
    """Summarize a conversation.

    With its language model down, the public controller answers 200 with a placeholder text (row 27).

    Args:
        body (SummarizeRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[Summary | str | ErrorBody]
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
    body: SummarizeRequest,
) -> Summary | str | ErrorBody:
    """Summarize a conversation.

    With its language model down, the public controller answers 200 with a placeholder text (row 27).

    Args:
        body (SummarizeRequest):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Summary | str | ErrorBody
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
