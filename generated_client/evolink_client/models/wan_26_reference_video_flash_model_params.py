from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.wan_26_reference_video_flash_model_params_shot_type import (
    Wan26ReferenceVideoFlashModelParamsShotType,
    check_wan_26_reference_video_flash_model_params_shot_type,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan26ReferenceVideoFlashModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan26ReferenceVideoFlashModelParams:
    """Settings that only this model has.

    Attributes:
        shot_type (Wan26ReferenceVideoFlashModelParamsShotType | Unset): One continuous shot or several shots. This
            setting overrides the prompt. The default is a single shot.
    """

    shot_type: Wan26ReferenceVideoFlashModelParamsShotType | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        shot_type: str | Unset = UNSET
        if not isinstance(self.shot_type, Unset):
            shot_type = self.shot_type

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if shot_type is not UNSET:
            field_dict["shot_type"] = shot_type

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _shot_type = d.pop("shot_type", UNSET)
        shot_type: Wan26ReferenceVideoFlashModelParamsShotType | Unset
        if isinstance(_shot_type, Unset):
            shot_type = UNSET
        else:
            shot_type = check_wan_26_reference_video_flash_model_params_shot_type(
                _shot_type
            )

        wan_26_reference_video_flash_model_params = cls(
            shot_type=shot_type,
        )

        wan_26_reference_video_flash_model_params.additional_properties = d
        return wan_26_reference_video_flash_model_params

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
