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

from ..models.wan_25_image_to_video_duration import (
    Wan25ImageToVideoDuration,
    check_wan_25_image_to_video_duration,
)
from ..models.wan_25_image_to_video_quality import (
    Wan25ImageToVideoQuality,
    check_wan_25_image_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan25ImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan25ImageToVideo:
    """Creates a video from a prompt and one image, which becomes the first frame.

    Attributes:
        model (Literal['wan2.5-image-to-video']): The id of the model. Default: 'wan2.5-image-to-video'.
        prompt (str): The description of the video, of at most 2000 characters.
        image_urls (list[str]): The first frame, as a list of exactly one image URL.
        duration (Wan25ImageToVideoDuration | Unset): The length of the video in seconds, 5 or 10. Credits are reserved
            for this length and settled for the length that is produced. No default is documented.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
        quality (Wan25ImageToVideoQuality | Unset): The resolution of the video. A higher one costs more. The default is
            720p.
        prompt_extend (bool | Unset): Whether the service extends the prompt. The default is true.
    """

    prompt: str
    image_urls: list[str]
    model: Literal["wan2.5-image-to-video"] = "wan2.5-image-to-video"
    duration: Wan25ImageToVideoDuration | Unset = UNSET
    callback_url: str | Unset = UNSET
    quality: Wan25ImageToVideoQuality | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls = self.image_urls

        duration: int | Unset = UNSET
        if not isinstance(self.duration, Unset):
            duration = self.duration

        callback_url = self.callback_url

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        prompt_extend = self.prompt_extend

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
                "image_urls": image_urls,
            }
        )
        if duration is not UNSET:
            field_dict["duration"] = duration
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url
        if quality is not UNSET:
            field_dict["quality"] = quality
        if prompt_extend is not UNSET:
            field_dict["prompt_extend"] = prompt_extend

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.5-image-to-video"], d.pop("model"))
        if model != "wan2.5-image-to-video":
            raise ValueError(
                f"model must match const 'wan2.5-image-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls"))

        _duration = d.pop("duration", UNSET)
        duration: Wan25ImageToVideoDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_wan_25_image_to_video_duration(_duration)

        callback_url = d.pop("callback_url", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Wan25ImageToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_25_image_to_video_quality(_quality)

        prompt_extend = d.pop("prompt_extend", UNSET)

        wan_25_image_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            duration=duration,
            callback_url=callback_url,
            quality=quality,
            prompt_extend=prompt_extend,
        )

        wan_25_image_to_video.additional_properties = d
        return wan_25_image_to_video

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
