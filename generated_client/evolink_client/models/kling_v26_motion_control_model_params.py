from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.kling_v26_motion_control_model_params_character_orientation import (
    KlingV26MotionControlModelParamsCharacterOrientation,
    check_kling_v26_motion_control_model_params_character_orientation,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_v26_motion_control_model_params_watermark_info import (
        KlingV26MotionControlModelParamsWatermarkInfo,
    )


T = TypeVar("T", bound="KlingV26MotionControlModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingV26MotionControlModelParams:
    """Settings of the model.

    Attributes:
        character_orientation (KlingV26MotionControlModelParamsCharacterOrientation): Whether the character is turned as
            in the image, which takes a video of at most 10 seconds, or as in the video, which takes one of at most 30
            seconds.
        keep_sound (bool | Unset): Whether the video keeps the sound of the given one. The default is true.
        watermark_info (KlingV26MotionControlModelParamsWatermarkInfo | Unset): The watermark.
    """

    character_orientation: KlingV26MotionControlModelParamsCharacterOrientation
    keep_sound: bool | Unset = UNSET
    watermark_info: KlingV26MotionControlModelParamsWatermarkInfo | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        character_orientation: str = self.character_orientation

        keep_sound = self.keep_sound

        watermark_info: dict[str, Any] | Unset = UNSET
        if not isinstance(self.watermark_info, Unset):
            watermark_info = self.watermark_info.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "character_orientation": character_orientation,
            }
        )
        if keep_sound is not UNSET:
            field_dict["keep_sound"] = keep_sound
        if watermark_info is not UNSET:
            field_dict["watermark_info"] = watermark_info

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        character_orientation = (
            check_kling_v26_motion_control_model_params_character_orientation(
                d.pop("character_orientation")
            )
        )

        keep_sound = d.pop("keep_sound", UNSET)

        _watermark_info = d.pop("watermark_info", UNSET)
        watermark_info: KlingV26MotionControlModelParamsWatermarkInfo | Unset
        if isinstance(_watermark_info, Unset):
            watermark_info = UNSET
        else:
            watermark_info = KlingV26MotionControlModelParamsWatermarkInfo.from_dict(
                _watermark_info
            )

        kling_v26_motion_control_model_params = cls(
            character_orientation=character_orientation,
            keep_sound=keep_sound,
            watermark_info=watermark_info,
        )

        kling_v26_motion_control_model_params.additional_properties = d
        return kling_v26_motion_control_model_params

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
    from ..models.kling_v26_motion_control_model_params_watermark_info import (
        KlingV26MotionControlModelParamsWatermarkInfo,
    )
