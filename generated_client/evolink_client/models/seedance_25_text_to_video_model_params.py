from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="Seedance25TextToVideoModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Seedance25TextToVideoModelParams:
    """Further settings.

    Attributes:
        web_search (bool | Unset): Whether the model may search the web. Each search is charged, and one video may need
            several. It needs the content_filter. The default is false.
    """

    web_search: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        web_search = self.web_search

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if web_search is not UNSET:
            field_dict["web_search"] = web_search

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        web_search = d.pop("web_search", UNSET)

        seedance_25_text_to_video_model_params = cls(
            web_search=web_search,
        )

        seedance_25_text_to_video_model_params.additional_properties = d
        return seedance_25_text_to_video_model_params

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
