from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.kling_o1_image_to_video_aspect_ratio import (
    KlingO1ImageToVideoAspectRatio,
    check_kling_o1_image_to_video_aspect_ratio,
)
from ..models.kling_o1_image_to_video_duration import (
    KlingO1ImageToVideoDuration,
    check_kling_o1_image_to_video_duration,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="KlingO1ImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO1ImageToVideo:
    """Creates a video from its first frame, and optionally from its last frame.

    Attributes:
        model (Literal['kling-o1-image-to-video']): The id of the model. Default: 'kling-o1-image-to-video'.
        prompt (str): The description of the video, of at most 5000 characters.
        image_urls (list[str]): URLs of the first frame and, if there is one, of the last frame.
        aspect_ratio (KlingO1ImageToVideoAspectRatio | Unset): The ratio of width to height.
        duration (KlingO1ImageToVideoDuration | Unset): The length of the video in seconds, 5 or 10. The default is 5.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    image_urls: list[str]
    model: Literal["kling-o1-image-to-video"] = "kling-o1-image-to-video"
    aspect_ratio: KlingO1ImageToVideoAspectRatio | Unset = UNSET
    duration: KlingO1ImageToVideoDuration | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls = self.image_urls

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        duration: int | Unset = UNSET
        if not isinstance(self.duration, Unset):
            duration = self.duration

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
                "image_urls": image_urls,
            }
        )
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if duration is not UNSET:
            field_dict["duration"] = duration
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["kling-o1-image-to-video"], d.pop("model"))
        if model != "kling-o1-image-to-video":
            raise ValueError(
                f"model must match const 'kling-o1-image-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls"))

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: KlingO1ImageToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_kling_o1_image_to_video_aspect_ratio(_aspect_ratio)

        _duration = d.pop("duration", UNSET)
        duration: KlingO1ImageToVideoDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_kling_o1_image_to_video_duration(_duration)

        callback_url = d.pop("callback_url", UNSET)

        kling_o1_image_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            aspect_ratio=aspect_ratio,
            duration=duration,
            callback_url=callback_url,
        )

        kling_o1_image_to_video.additional_properties = d
        return kling_o1_image_to_video

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
