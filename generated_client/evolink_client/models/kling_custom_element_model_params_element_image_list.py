from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

if TYPE_CHECKING:
    from ..models.kling_custom_element_model_params_element_image_list_refer_images_item import (
        KlingCustomElementModelParamsElementImageListReferImagesItem,
    )


T = TypeVar("T", bound="KlingCustomElementModelParamsElementImageList")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingCustomElementModelParamsElementImageList:
    """The images of the element.

    Attributes:
        frontal_image (str): The URL of the image from the front.
        refer_images (list[KlingCustomElementModelParamsElementImageListReferImagesItem]): One to three further images.
    """

    frontal_image: str
    refer_images: list[KlingCustomElementModelParamsElementImageListReferImagesItem]
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        frontal_image = self.frontal_image

        refer_images = []
        for refer_images_item_data in self.refer_images:
            refer_images_item = refer_images_item_data.to_dict()
            refer_images.append(refer_images_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "frontal_image": frontal_image,
                "refer_images": refer_images,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        frontal_image = d.pop("frontal_image")

        refer_images = []
        _refer_images = d.pop("refer_images")
        for refer_images_item_data in _refer_images:
            refer_images_item = (
                KlingCustomElementModelParamsElementImageListReferImagesItem.from_dict(
                    refer_images_item_data
                )
            )

            refer_images.append(refer_images_item)

        kling_custom_element_model_params_element_image_list = cls(
            frontal_image=frontal_image,
            refer_images=refer_images,
        )

        kling_custom_element_model_params_element_image_list.additional_properties = d
        return kling_custom_element_model_params_element_image_list

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
    from ..models.kling_custom_element_model_params_element_image_list_refer_images_item import (
        KlingCustomElementModelParamsElementImageListReferImagesItem,
    )
