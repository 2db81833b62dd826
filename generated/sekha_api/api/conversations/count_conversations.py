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
    from ...models.conversation_count import ConversationCount
    from ...models.error_body import ErrorBody


def build_request(
    *,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
) -> Request:
    """The request of one call, ready to be sent by any means"""

    params: dict[str, Any] = {}

    params["label"] = label

    params["folder"] = folder

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    return Request(
        method="GET",
        path="/api/v1/conversations/count",
        params={key: query_value(value) for key, value in params.items()},
    )


def parse_result(response: RawResponse) -> ConversationCount:
    """What a successful answer means; raises errors.UnexpectedResponse for any other"""
    from ...models.conversation_count import ConversationCount  # noqa: PLC0415

    try:
        if response.status_code == 200:
            response_200 = ConversationCount.from_dict(response.json())

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
            return response.text

        if response.status_code == 401:
            if not response.is_json:
                return response.text
            response_401 = ErrorBody.from_dict(response.json())

            return response_401

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


def build_response(response: RawResponse) -> Response[ConversationCount | str | ErrorBody | None]:
    """The answer with its meaning, be it a result or a documented error"""
    parsed: ConversationCount | str | ErrorBody | None
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
) -> Response[ConversationCount | str | ErrorBody | None]:
    """Count conversations, all or by label or folder.

    On the public controller `label` counts every label that contains it, in any case (row 8); on the
    embedded one that label exactly. `folder` counts that folder exactly. Both together give 200 with
    `count` 0 and an `error`.

    Args:
        label (str | Unset):
        folder (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[ConversationCount | str | ErrorBody | None]
    """

    return build_response(
        client.send(
            build_request(
                label=label,
                folder=folder,
            )
        )
    )


def sync(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
) -> ConversationCount | str | ErrorBody | None:
    """Count conversations, all or by label or folder.

    On the public controller `label` counts every label that contains it, in any case (row 8); on the
    embedded one that label exactly. `folder` counts that folder exactly. Both together give 200 with
    `count` 0 and an `error`.

    Args:
        label (str | Unset):
        folder (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    ConversationCount | str | ErrorBody | None
    """

    return sync_detailed(
        client=client,
        label=label,
        folder=folder,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
) -> Response[ConversationCount | str | ErrorBody | None]:
    """Count conversations, all or by label or folder.

    On the public controller `label` counts every label that contains it, in any case (row 8); on the
    embedded one that label exactly. `folder` counts that folder exactly. Both together give 200 with
    `count` 0 and an `error`.

    Args:
        label (str | Unset):
        folder (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    Response[ConversationCount | str | ErrorBody | None]
    """

    return build_response(
        await client.send_async(
            build_request(
                label=label,
                folder=folder,
            )
        )
    )


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    label: str | Unset = UNSET,
    folder: str | Unset = UNSET,
) -> ConversationCount | str | ErrorBody | None:
    """Count conversations, all or by label or folder.

    On the public controller `label` counts every label that contains it, in any case (row 8); on the
    embedded one that label exactly. `folder` counts that folder exactly. Both together give 200 with
    `count` 0 and an `error`.

    Args:
        label (str | Unset):
        folder (str | Unset):

    Raises:
        errors.UnexpectedResponse: If the status or the body is none that is documented.
        httpx.HTTPError: If no answer came.

    Returns:
    ConversationCount | str | ErrorBody | None
    """

    return (
        await asyncio_detailed(
            client=client,
            label=label,
            folder=folder,
        )
    ).parsed
