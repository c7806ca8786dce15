from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

T = TypeVar("T", bound="Wan27ReferenceVideoModelParamsVoiceBindings")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan27ReferenceVideoModelParamsVoiceBindings:
    """URLs of at most five voices. Each key names a reference, such as image1 or video2; images and videos are counted
    separately from 1. A voice replaces the sound of its video.

    """

    additional_properties: dict[str, str] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        wan_27_reference_video_model_params_voice_bindings = cls()

        wan_27_reference_video_model_params_voice_bindings.additional_properties = d
        return wan_27_reference_video_model_params_voice_bindings

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> str:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
