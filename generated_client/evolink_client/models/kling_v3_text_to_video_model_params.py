from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.kling_v3_text_to_video_model_params_shot_type import (
    KlingV3TextToVideoModelParamsShotType,
    check_kling_v3_text_to_video_model_params_shot_type,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_v3_text_to_video_model_params_multi_prompt_item import (
        KlingV3TextToVideoModelParamsMultiPromptItem,
    )
    from ..models.kling_v3_text_to_video_model_params_watermark_info import (
        KlingV3TextToVideoModelParamsWatermarkInfo,
    )


T = TypeVar("T", bound="KlingV3TextToVideoModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingV3TextToVideoModelParams:
    """Settings of the model.

    Attributes:
        multi_shot (bool | Unset): Whether the video has several shots. The default is false.
        shot_type (KlingV3TextToVideoModelParamsShotType | Unset): Whether the shots are planned by multi_prompt or by
            the model.
        multi_prompt (list[KlingV3TextToVideoModelParamsMultiPromptItem] | Unset): One to six shots, whose lengths add
            up to the duration of the video.
        watermark_info (KlingV3TextToVideoModelParamsWatermarkInfo | Unset): The watermark.
    """

    multi_shot: bool | Unset = UNSET
    shot_type: KlingV3TextToVideoModelParamsShotType | Unset = UNSET
    multi_prompt: list[KlingV3TextToVideoModelParamsMultiPromptItem] | Unset = UNSET
    watermark_info: KlingV3TextToVideoModelParamsWatermarkInfo | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        multi_shot = self.multi_shot

        shot_type: str | Unset = UNSET
        if not isinstance(self.shot_type, Unset):
            shot_type = self.shot_type

        multi_prompt: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.multi_prompt, Unset):
            multi_prompt = []
            for multi_prompt_item_data in self.multi_prompt:
                multi_prompt_item = multi_prompt_item_data.to_dict()
                multi_prompt.append(multi_prompt_item)

        watermark_info: dict[str, Any] | Unset = UNSET
        if not isinstance(self.watermark_info, Unset):
            watermark_info = self.watermark_info.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if multi_shot is not UNSET:
            field_dict["multi_shot"] = multi_shot
        if shot_type is not UNSET:
            field_dict["shot_type"] = shot_type
        if multi_prompt is not UNSET:
            field_dict["multi_prompt"] = multi_prompt
        if watermark_info is not UNSET:
            field_dict["watermark_info"] = watermark_info

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        multi_shot = d.pop("multi_shot", UNSET)

        _shot_type = d.pop("shot_type", UNSET)
        shot_type: KlingV3TextToVideoModelParamsShotType | Unset
        if isinstance(_shot_type, Unset):
            shot_type = UNSET
        else:
            shot_type = check_kling_v3_text_to_video_model_params_shot_type(_shot_type)

        _multi_prompt = d.pop("multi_prompt", UNSET)
        multi_prompt: list[KlingV3TextToVideoModelParamsMultiPromptItem] | Unset = UNSET
        if _multi_prompt is not UNSET:
            multi_prompt = []
            for multi_prompt_item_data in _multi_prompt:
                multi_prompt_item = (
                    KlingV3TextToVideoModelParamsMultiPromptItem.from_dict(
                        multi_prompt_item_data
                    )
                )

                multi_prompt.append(multi_prompt_item)

        _watermark_info = d.pop("watermark_info", UNSET)
        watermark_info: KlingV3TextToVideoModelParamsWatermarkInfo | Unset
        if isinstance(_watermark_info, Unset):
            watermark_info = UNSET
        else:
            watermark_info = KlingV3TextToVideoModelParamsWatermarkInfo.from_dict(
                _watermark_info
            )

        kling_v3_text_to_video_model_params = cls(
            multi_shot=multi_shot,
            shot_type=shot_type,
            multi_prompt=multi_prompt,
            watermark_info=watermark_info,
        )

        kling_v3_text_to_video_model_params.additional_properties = d
        return kling_v3_text_to_video_model_params

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
    from ..models.kling_v3_text_to_video_model_params_multi_prompt_item import (
        KlingV3TextToVideoModelParamsMultiPromptItem,
    )
    from ..models.kling_v3_text_to_video_model_params_watermark_info import (
        KlingV3TextToVideoModelParamsWatermarkInfo,
    )
