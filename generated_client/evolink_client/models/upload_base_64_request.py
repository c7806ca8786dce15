from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="UploadBase64Request")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class UploadBase64Request:
    """A request that contains a file in base64.

    Attributes:
        base64_data (str): The file in base64, either plain or as a data URL. It is an image, an audio file or a video
            of at most 100 MB. The upload pages mention only JPEG, PNG, GIF and WEBP images.
        upload_path (str | Unset): The folder for the file.
        file_name (str | Unset): The new name of the file.
    """

    base64_data: str
    upload_path: str | Unset = UNSET
    file_name: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        base64_data = self.base64_data

        upload_path = self.upload_path

        file_name = self.file_name

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "base64_data": base64_data,
            }
        )
        if upload_path is not UNSET:
            field_dict["upload_path"] = upload_path
        if file_name is not UNSET:
            field_dict["file_name"] = file_name

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        base64_data = d.pop("base64_data")

        upload_path = d.pop("upload_path", UNSET)

        file_name = d.pop("file_name", UNSET)

        upload_base_64_request = cls(
            base64_data=base64_data,
            upload_path=upload_path,
            file_name=file_name,
        )

        upload_base_64_request.additional_properties = d
        return upload_base_64_request

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
