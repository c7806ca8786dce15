from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

T = TypeVar("T", bound="KlingO3ImageToVideoModelParamsMultiPromptItem")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO3ImageToVideoModelParamsMultiPromptItem:
    """A shot. It has an index, a prompt of at most 512 characters and a duration."""

    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kling_o3_image_to_video_model_params_multi_prompt_item = cls()

        kling_o3_image_to_video_model_params_multi_prompt_item.additional_properties = d
        return kling_o3_image_to_video_model_params_multi_prompt_item

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
