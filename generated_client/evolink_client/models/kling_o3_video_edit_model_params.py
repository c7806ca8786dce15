from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_o3_video_edit_model_params_element_list_item import (
        KlingO3VideoEditModelParamsElementListItem,
    )
    from ..models.kling_o3_video_edit_model_params_watermark_info import (
        KlingO3VideoEditModelParamsWatermarkInfo,
    )


T = TypeVar("T", bound="KlingO3VideoEditModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO3VideoEditModelParams:
    """Settings of the model.

    Attributes:
        element_list (list[KlingO3VideoEditModelParamsElementListItem] | Unset): Elements that kling-custom-element has
            created from images. The prompt refers to them as <<<element_1>>> and so on.
        watermark_info (KlingO3VideoEditModelParamsWatermarkInfo | Unset): The watermark.
    """

    element_list: list[KlingO3VideoEditModelParamsElementListItem] | Unset = UNSET
    watermark_info: KlingO3VideoEditModelParamsWatermarkInfo | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        element_list: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.element_list, Unset):
            element_list = []
            for element_list_item_data in self.element_list:
                element_list_item = element_list_item_data.to_dict()
                element_list.append(element_list_item)

        watermark_info: dict[str, Any] | Unset = UNSET
        if not isinstance(self.watermark_info, Unset):
            watermark_info = self.watermark_info.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if element_list is not UNSET:
            field_dict["element_list"] = element_list
        if watermark_info is not UNSET:
            field_dict["watermark_info"] = watermark_info

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        _element_list = d.pop("element_list", UNSET)
        element_list: list[KlingO3VideoEditModelParamsElementListItem] | Unset = UNSET
        if _element_list is not UNSET:
            element_list = []
            for element_list_item_data in _element_list:
                element_list_item = (
                    KlingO3VideoEditModelParamsElementListItem.from_dict(
                        element_list_item_data
                    )
                )

                element_list.append(element_list_item)

        _watermark_info = d.pop("watermark_info", UNSET)
        watermark_info: KlingO3VideoEditModelParamsWatermarkInfo | Unset
        if isinstance(_watermark_info, Unset):
            watermark_info = UNSET
        else:
            watermark_info = KlingO3VideoEditModelParamsWatermarkInfo.from_dict(
                _watermark_info
            )

        kling_o3_video_edit_model_params = cls(
            element_list=element_list,
            watermark_info=watermark_info,
        )

        kling_o3_video_edit_model_params.additional_properties = d
        return kling_o3_video_edit_model_params

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
    from ..models.kling_o3_video_edit_model_params_element_list_item import (
        KlingO3VideoEditModelParamsElementListItem,
    )
    from ..models.kling_o3_video_edit_model_params_watermark_info import (
        KlingO3VideoEditModelParamsWatermarkInfo,
    )
