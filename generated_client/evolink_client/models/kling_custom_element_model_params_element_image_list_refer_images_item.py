from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

T = TypeVar("T", bound="KlingCustomElementModelParamsElementImageListReferImagesItem")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingCustomElementModelParamsElementImageListReferImagesItem:
    """
    Attributes:
        image_url (str): The URL of an image.
    """

    image_url: str
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        image_url = self.image_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image_url": image_url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        image_url = d.pop("image_url")

        kling_custom_element_model_params_element_image_list_refer_images_item = cls(
            image_url=image_url,
        )

        kling_custom_element_model_params_element_image_list_refer_images_item.additional_properties = d
        return kling_custom_element_model_params_element_image_list_refer_images_item

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
