from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.file_error_response import FileErrorResponse
from ...models.upload_response import UploadResponse
from ...models.upload_stream_request import UploadStreamRequest
from ...types import Response


def _get_kwargs(
    *,
    body: UploadStreamRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/files/upload/stream",
    }

    _kwargs["files"] = body.to_multipart()

    headers["Content-Type"] = "multipart/form-data; boundary=+++"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> FileErrorResponse | UploadResponse | None:
    if response.status_code == 200:
        response_200 = UploadResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = FileErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = FileErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 405:
        response_405 = FileErrorResponse.from_dict(response.json())

        return response_405

    if response.status_code == 415:
        response_415 = FileErrorResponse.from_dict(response.json())

        return response_415

    if response.status_code == 500:
        response_500 = FileErrorResponse.from_dict(response.json())

        return response_500

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[FileErrorResponse | UploadResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadStreamRequest,
) -> Response[FileErrorResponse | UploadResponse]:
    """Upload a file

     Uploads one image per request, as the page says, and returns a link to it that is valid for 72
    hours. The number of files per account is limited, but the page does not give the limit.

    Args:
        body (UploadStreamRequest): A form that contains a file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FileErrorResponse | UploadResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: UploadStreamRequest,
) -> FileErrorResponse | UploadResponse | None:
    """Upload a file

     Uploads one image per request, as the page says, and returns a link to it that is valid for 72
    hours. The number of files per account is limited, but the page does not give the limit.

    Args:
        body (UploadStreamRequest): A form that contains a file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FileErrorResponse | UploadResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: UploadStreamRequest,
) -> Response[FileErrorResponse | UploadResponse]:
    """Upload a file

     Uploads one image per request, as the page says, and returns a link to it that is valid for 72
    hours. The number of files per account is limited, but the page does not give the limit.

    Args:
        body (UploadStreamRequest): A form that contains a file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FileErrorResponse | UploadResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: UploadStreamRequest,
) -> FileErrorResponse | UploadResponse | None:
    """Upload a file

     Uploads one image per request, as the page says, and returns a link to it that is valid for 72
    hours. The number of files per account is limited, but the page does not give the limit.

    Args:
        body (UploadStreamRequest): A form that contains a file.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FileErrorResponse | UploadResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
