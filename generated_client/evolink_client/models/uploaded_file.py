from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="UploadedFile")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class UploadedFile:
    """An uploaded file, which is kept for 72 hours.

    Attributes:
        file_url (str): A link that shows the file, valid for 72 hours. Requests can use it as a media URL.
        file_id (str | Unset): The id of the file.
        file_name (str | Unset): The name of the stored file.
        original_name (str | Unset): The name of the file before the upload.
        file_size (int | Unset): The size of the file in bytes.
        mime_type (str | Unset): The media type of the file.
        upload_path (str | Unset): The folder of the file.
        download_url (str | Unset): A link that downloads the file, also valid for 72 hours.
        upload_time (str | Unset): The time of the upload. The documented time zone is UTC+8.
        expires_at (str | Unset): The time at which the file is removed, 72 hours after the upload.
    """

    file_url: str
    file_id: str | Unset = UNSET
    file_name: str | Unset = UNSET
    original_name: str | Unset = UNSET
    file_size: int | Unset = UNSET
    mime_type: str | Unset = UNSET
    upload_path: str | Unset = UNSET
    download_url: str | Unset = UNSET
    upload_time: str | Unset = UNSET
    expires_at: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        file_url = self.file_url

        file_id = self.file_id

        file_name = self.file_name

        original_name = self.original_name

        file_size = self.file_size

        mime_type = self.mime_type

        upload_path = self.upload_path

        download_url = self.download_url

        upload_time = self.upload_time

        expires_at = self.expires_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "file_url": file_url,
            }
        )
        if file_id is not UNSET:
            field_dict["file_id"] = file_id
        if file_name is not UNSET:
            field_dict["file_name"] = file_name
        if original_name is not UNSET:
            field_dict["original_name"] = original_name
        if file_size is not UNSET:
            field_dict["file_size"] = file_size
        if mime_type is not UNSET:
            field_dict["mime_type"] = mime_type
        if upload_path is not UNSET:
            field_dict["upload_path"] = upload_path
        if download_url is not UNSET:
            field_dict["download_url"] = download_url
        if upload_time is not UNSET:
            field_dict["upload_time"] = upload_time
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        file_url = d.pop("file_url")

        file_id = d.pop("file_id", UNSET)

        file_name = d.pop("file_name", UNSET)

        original_name = d.pop("original_name", UNSET)

        file_size = d.pop("file_size", UNSET)

        mime_type = d.pop("mime_type", UNSET)

        upload_path = d.pop("upload_path", UNSET)

        download_url = d.pop("download_url", UNSET)

        upload_time = d.pop("upload_time", UNSET)

        expires_at = d.pop("expires_at", UNSET)

        uploaded_file = cls(
            file_url=file_url,
            file_id=file_id,
            file_name=file_name,
            original_name=original_name,
            file_size=file_size,
            mime_type=mime_type,
            upload_path=upload_path,
            download_url=download_url,
            upload_time=upload_time,
            expires_at=expires_at,
        )

        uploaded_file.additional_properties = d
        return uploaded_file

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
