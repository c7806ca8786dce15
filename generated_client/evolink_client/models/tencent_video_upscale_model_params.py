from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.tencent_video_upscale_model_params_max_fps_type_0 import (
    TencentVideoUpscaleModelParamsMaxFpsType0,
    check_tencent_video_upscale_model_params_max_fps_type_0,
)
from ..models.tencent_video_upscale_model_params_max_fps_type_1 import (
    TencentVideoUpscaleModelParamsMaxFpsType1,
    check_tencent_video_upscale_model_params_max_fps_type_1,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="TencentVideoUpscaleModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class TencentVideoUpscaleModelParams:
    """Settings of the model.

    Attributes:
        max_fps (TencentVideoUpscaleModelParamsMaxFpsType0 | TencentVideoUpscaleModelParamsMaxFpsType1 | Unset): The
            most frames per second of the result, as a text or a number, or source for those of the given video, up to 120.
            No frames are added. The default is source.
    """

    max_fps: (
        TencentVideoUpscaleModelParamsMaxFpsType0
        | TencentVideoUpscaleModelParamsMaxFpsType1
        | Unset
    ) = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        max_fps: int | str | Unset
        if isinstance(self.max_fps, Unset):
            max_fps = UNSET
        elif isinstance(self.max_fps, str):
            max_fps = self.max_fps
        else:
            max_fps = self.max_fps

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if max_fps is not UNSET:
            field_dict["max_fps"] = max_fps

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_max_fps(
            data: object,
        ) -> (
            TencentVideoUpscaleModelParamsMaxFpsType0
            | TencentVideoUpscaleModelParamsMaxFpsType1
            | Unset
        ):
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                max_fps_type_0 = (
                    check_tencent_video_upscale_model_params_max_fps_type_0(data)
                )

                return max_fps_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, int):
                raise TypeError()
            max_fps_type_1 = check_tencent_video_upscale_model_params_max_fps_type_1(
                data
            )

            return max_fps_type_1

        max_fps = _parse_max_fps(d.pop("max_fps", UNSET))

        tencent_video_upscale_model_params = cls(
            max_fps=max_fps,
        )

        tencent_video_upscale_model_params.additional_properties = d
        return tencent_video_upscale_model_params

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
