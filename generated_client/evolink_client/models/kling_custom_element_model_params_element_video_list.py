from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

if TYPE_CHECKING:
    from ..models.kling_custom_element_model_params_element_video_list_refer_videos_item import (
        KlingCustomElementModelParamsElementVideoListReferVideosItem,
    )


T = TypeVar("T", bound="KlingCustomElementModelParamsElementVideoList")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingCustomElementModelParamsElementVideoList:
    """The video of the element.

    Attributes:
        refer_videos (list[KlingCustomElementModelParamsElementVideoListReferVideosItem]): The video, as a list of
            exactly one entry.
    """

    refer_videos: list[KlingCustomElementModelParamsElementVideoListReferVideosItem]
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        refer_videos = []
        for refer_videos_item_data in self.refer_videos:
            refer_videos_item = refer_videos_item_data.to_dict()
            refer_videos.append(refer_videos_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "refer_videos": refer_videos,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        refer_videos = []
        _refer_videos = d.pop("refer_videos")
        for refer_videos_item_data in _refer_videos:
            refer_videos_item = (
                KlingCustomElementModelParamsElementVideoListReferVideosItem.from_dict(
                    refer_videos_item_data
                )
            )

            refer_videos.append(refer_videos_item)

        kling_custom_element_model_params_element_video_list = cls(
            refer_videos=refer_videos,
        )

        kling_custom_element_model_params_element_video_list.additional_properties = d
        return kling_custom_element_model_params_element_video_list

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
    from ..models.kling_custom_element_model_params_element_video_list_refer_videos_item import (
        KlingCustomElementModelParamsElementVideoListReferVideosItem,
    )
