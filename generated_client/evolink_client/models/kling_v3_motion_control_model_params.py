from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.kling_v3_motion_control_model_params_character_orientation import (
    KlingV3MotionControlModelParamsCharacterOrientation,
    check_kling_v3_motion_control_model_params_character_orientation,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_v3_motion_control_model_params_element_list_item import (
        KlingV3MotionControlModelParamsElementListItem,
    )
    from ..models.kling_v3_motion_control_model_params_watermark_info import (
        KlingV3MotionControlModelParamsWatermarkInfo,
    )


T = TypeVar("T", bound="KlingV3MotionControlModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingV3MotionControlModelParams:
    """Settings of the model.

    Attributes:
        character_orientation (KlingV3MotionControlModelParamsCharacterOrientation): Whether the character is turned as
            in the image, which takes a video of at most 10 seconds, or as in the video, which takes one of at most 30
            seconds.
        element_list (list[KlingV3MotionControlModelParamsElementListItem] | Unset): At most one element that kling-
            custom-element has created from a video.
        keep_sound (bool | Unset): Whether the video keeps the sound of the given one. The default is true.
        watermark_info (KlingV3MotionControlModelParamsWatermarkInfo | Unset): The watermark.
    """

    character_orientation: KlingV3MotionControlModelParamsCharacterOrientation
    element_list: list[KlingV3MotionControlModelParamsElementListItem] | Unset = UNSET
    keep_sound: bool | Unset = UNSET
    watermark_info: KlingV3MotionControlModelParamsWatermarkInfo | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        character_orientation: str = self.character_orientation

        element_list: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.element_list, Unset):
            element_list = []
            for element_list_item_data in self.element_list:
                element_list_item = element_list_item_data.to_dict()
                element_list.append(element_list_item)

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
        if element_list is not UNSET:
            field_dict["element_list"] = element_list
        if keep_sound is not UNSET:
            field_dict["keep_sound"] = keep_sound
        if watermark_info is not UNSET:
            field_dict["watermark_info"] = watermark_info

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        character_orientation = (
            check_kling_v3_motion_control_model_params_character_orientation(
                d.pop("character_orientation")
            )
        )

        _element_list = d.pop("element_list", UNSET)
        element_list: list[KlingV3MotionControlModelParamsElementListItem] | Unset = (
            UNSET
        )
        if _element_list is not UNSET:
            element_list = []
            for element_list_item_data in _element_list:
                element_list_item = (
                    KlingV3MotionControlModelParamsElementListItem.from_dict(
                        element_list_item_data
                    )
                )

                element_list.append(element_list_item)

        keep_sound = d.pop("keep_sound", UNSET)

        _watermark_info = d.pop("watermark_info", UNSET)
        watermark_info: KlingV3MotionControlModelParamsWatermarkInfo | Unset
        if isinstance(_watermark_info, Unset):
            watermark_info = UNSET
        else:
            watermark_info = KlingV3MotionControlModelParamsWatermarkInfo.from_dict(
                _watermark_info
            )

        kling_v3_motion_control_model_params = cls(
            character_orientation=character_orientation,
            element_list=element_list,
            keep_sound=keep_sound,
            watermark_info=watermark_info,
        )

        kling_v3_motion_control_model_params.additional_properties = d
        return kling_v3_motion_control_model_params

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
    from ..models.kling_v3_motion_control_model_params_element_list_item import (
        KlingV3MotionControlModelParamsElementListItem,
    )
    from ..models.kling_v3_motion_control_model_params_watermark_info import (
        KlingV3MotionControlModelParamsWatermarkInfo,
    )
