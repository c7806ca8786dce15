from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="TopazVideoUpscaleModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class TopazVideoUpscaleModelParams:
    """Settings of the model.

    Attributes:
        upscale_factor (float | str | Unset): The factor by which width and height grow, 1, 2 or 4, as a text or a
            number. A higher one costs more. Any other value counts as 2. The default is 2.
    """

    upscale_factor: float | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        upscale_factor: float | str | Unset
        if isinstance(self.upscale_factor, Unset):
            upscale_factor = UNSET
        else:
            upscale_factor = self.upscale_factor

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if upscale_factor is not UNSET:
            field_dict["upscale_factor"] = upscale_factor

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_upscale_factor(data: object) -> float | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(float | str | Unset, data)

        upscale_factor = _parse_upscale_factor(d.pop("upscale_factor", UNSET))

        topaz_video_upscale_model_params = cls(
            upscale_factor=upscale_factor,
        )

        topaz_video_upscale_model_params.additional_properties = d
        return topaz_video_upscale_model_params

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
