from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wan_27_reference_video_model_params_voice_bindings import (
        Wan27ReferenceVideoModelParamsVoiceBindings,
    )


T = TypeVar("T", bound="Wan27ReferenceVideoModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan27ReferenceVideoModelParams:
    """Further settings.

    Attributes:
        voice_bindings (Wan27ReferenceVideoModelParamsVoiceBindings | Unset): URLs of at most five voices. Each key
            names a reference, such as image1 or video2; images and videos are counted separately from 1. A voice replaces
            the sound of its video.
    """

    voice_bindings: Wan27ReferenceVideoModelParamsVoiceBindings | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        voice_bindings: dict[str, Any] | Unset = UNSET
        if not isinstance(self.voice_bindings, Unset):
            voice_bindings = self.voice_bindings.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if voice_bindings is not UNSET:
            field_dict["voice_bindings"] = voice_bindings

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _voice_bindings = d.pop("voice_bindings", UNSET)
        voice_bindings: Wan27ReferenceVideoModelParamsVoiceBindings | Unset
        if isinstance(_voice_bindings, Unset):
            voice_bindings = UNSET
        else:
            voice_bindings = Wan27ReferenceVideoModelParamsVoiceBindings.from_dict(
                _voice_bindings
            )

        wan_27_reference_video_model_params = cls(
            voice_bindings=voice_bindings,
        )

        wan_27_reference_video_model_params.additional_properties = d
        return wan_27_reference_video_model_params

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


if not TYPE_CHECKING:
    from ..models.wan_27_reference_video_model_params_voice_bindings import (
        Wan27ReferenceVideoModelParamsVoiceBindings,
    )
