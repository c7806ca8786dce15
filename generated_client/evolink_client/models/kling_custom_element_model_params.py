from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.kling_custom_element_model_params_reference_type import (
    KlingCustomElementModelParamsReferenceType,
    check_kling_custom_element_model_params_reference_type,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_custom_element_model_params_element_image_list import (
        KlingCustomElementModelParamsElementImageList,
    )
    from ..models.kling_custom_element_model_params_element_video_list import (
        KlingCustomElementModelParamsElementVideoList,
    )


T = TypeVar("T", bound="KlingCustomElementModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingCustomElementModelParams:
    """The element.

    Attributes:
        element_name (str): The name of the element, of at most 20 characters.
        element_description (str): The description of the element, of at most 100 characters.
        reference_type (KlingCustomElementModelParamsReferenceType): Whether the element is made from images or from a
            video.
        element_image_list (KlingCustomElementModelParamsElementImageList | Unset): The images of the element.
        element_video_list (KlingCustomElementModelParamsElementVideoList | Unset): The video of the element.
        element_voice_id (str | Unset): The id of a voice.
    """

    element_name: str
    element_description: str
    reference_type: KlingCustomElementModelParamsReferenceType
    element_image_list: KlingCustomElementModelParamsElementImageList | Unset = UNSET
    element_video_list: KlingCustomElementModelParamsElementVideoList | Unset = UNSET
    element_voice_id: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        element_name = self.element_name

        element_description = self.element_description

        reference_type: str = self.reference_type

        element_image_list: dict[str, Any] | Unset = UNSET
        if not isinstance(self.element_image_list, Unset):
            element_image_list = self.element_image_list.to_dict()

        element_video_list: dict[str, Any] | Unset = UNSET
        if not isinstance(self.element_video_list, Unset):
            element_video_list = self.element_video_list.to_dict()

        element_voice_id = self.element_voice_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "element_name": element_name,
                "element_description": element_description,
                "reference_type": reference_type,
            }
        )
        if element_image_list is not UNSET:
            field_dict["element_image_list"] = element_image_list
        if element_video_list is not UNSET:
            field_dict["element_video_list"] = element_video_list
        if element_voice_id is not UNSET:
            field_dict["element_voice_id"] = element_voice_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        element_name = d.pop("element_name")

        element_description = d.pop("element_description")

        reference_type = check_kling_custom_element_model_params_reference_type(
            d.pop("reference_type")
        )

        _element_image_list = d.pop("element_image_list", UNSET)
        element_image_list: KlingCustomElementModelParamsElementImageList | Unset
        if isinstance(_element_image_list, Unset):
            element_image_list = UNSET
        else:
            element_image_list = (
                KlingCustomElementModelParamsElementImageList.from_dict(
                    _element_image_list
                )
            )

        _element_video_list = d.pop("element_video_list", UNSET)
        element_video_list: KlingCustomElementModelParamsElementVideoList | Unset
        if isinstance(_element_video_list, Unset):
            element_video_list = UNSET
        else:
            element_video_list = (
                KlingCustomElementModelParamsElementVideoList.from_dict(
                    _element_video_list
                )
            )

        element_voice_id = d.pop("element_voice_id", UNSET)

        kling_custom_element_model_params = cls(
            element_name=element_name,
            element_description=element_description,
            reference_type=reference_type,
            element_image_list=element_image_list,
            element_video_list=element_video_list,
            element_voice_id=element_voice_id,
        )

        kling_custom_element_model_params.additional_properties = d
        return kling_custom_element_model_params

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
    from ..models.kling_custom_element_model_params_element_image_list import (
        KlingCustomElementModelParamsElementImageList,
    )
    from ..models.kling_custom_element_model_params_element_video_list import (
        KlingCustomElementModelParamsElementVideoList,
    )
