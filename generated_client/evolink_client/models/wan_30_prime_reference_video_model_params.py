from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan30PrimeReferenceVideoModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan30PrimeReferenceVideoModelParams:
    """Further settings.

    Attributes:
        file_url (str | Unset): The URL of a document of at most 50 pages.
        link_url (str | Unset): The URL of a public web page.
    """

    file_url: str | Unset = UNSET
    link_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        file_url = self.file_url

        link_url = self.link_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if file_url is not UNSET:
            field_dict["file_url"] = file_url
        if link_url is not UNSET:
            field_dict["link_url"] = link_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        file_url = d.pop("file_url", UNSET)

        link_url = d.pop("link_url", UNSET)

        wan_30_prime_reference_video_model_params = cls(
            file_url=file_url,
            link_url=link_url,
        )

        wan_30_prime_reference_video_model_params.additional_properties = d
        return wan_30_prime_reference_video_model_params

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
