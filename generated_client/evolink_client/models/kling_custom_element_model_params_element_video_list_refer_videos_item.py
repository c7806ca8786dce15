from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

T = TypeVar("T", bound="KlingCustomElementModelParamsElementVideoListReferVideosItem")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingCustomElementModelParamsElementVideoListReferVideosItem:
    """
    Attributes:
        video_url (str): The URL of the video, which shows one face clearly and no change of person.
    """

    video_url: str
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        video_url = self.video_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "video_url": video_url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        video_url = d.pop("video_url")

        kling_custom_element_model_params_element_video_list_refer_videos_item = cls(
            video_url=video_url,
        )

        kling_custom_element_model_params_element_video_list_refer_videos_item.additional_properties = d
        return kling_custom_element_model_params_element_video_list_refer_videos_item

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
