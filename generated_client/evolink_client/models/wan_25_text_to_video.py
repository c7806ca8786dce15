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

from ..models.wan_25_text_to_video_aspect_ratio import (
    Wan25TextToVideoAspectRatio,
    check_wan_25_text_to_video_aspect_ratio,
)
from ..models.wan_25_text_to_video_duration import (
    Wan25TextToVideoDuration,
    check_wan_25_text_to_video_duration,
)
from ..models.wan_25_text_to_video_quality import (
    Wan25TextToVideoQuality,
    check_wan_25_text_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan25TextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan25TextToVideo:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['wan2.5-text-to-video']): The id of the model. Default: 'wan2.5-text-to-video'.
        prompt (str): The description of the video, of at most 2000 characters.
        aspect_ratio (Wan25TextToVideoAspectRatio | Unset): The ratio of width to height. With 480p, it is 16:9, 9:16 or
            1:1. The default is 16:9.
        quality (Wan25TextToVideoQuality | Unset): The resolution of the video. A higher one costs more. The default is
            720p.
        duration (Wan25TextToVideoDuration | Unset): The length of the video in seconds, 5 or 10. Credits are reserved
            for this length and settled for the length that is produced. No default is documented.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["wan2.5-text-to-video"] = "wan2.5-text-to-video"
    aspect_ratio: Wan25TextToVideoAspectRatio | Unset = UNSET
    quality: Wan25TextToVideoQuality | Unset = UNSET
    duration: Wan25TextToVideoDuration | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration: int | Unset = UNSET
        if not isinstance(self.duration, Unset):
            duration = self.duration

        prompt_extend = self.prompt_extend

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if quality is not UNSET:
            field_dict["quality"] = quality
        if duration is not UNSET:
            field_dict["duration"] = duration
        if prompt_extend is not UNSET:
            field_dict["prompt_extend"] = prompt_extend
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.5-text-to-video"], d.pop("model"))
        if model != "wan2.5-text-to-video":
            raise ValueError(
                f"model must match const 'wan2.5-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan25TextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_25_text_to_video_aspect_ratio(_aspect_ratio)

        _quality = d.pop("quality", UNSET)
        quality: Wan25TextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_25_text_to_video_quality(_quality)

        _duration = d.pop("duration", UNSET)
        duration: Wan25TextToVideoDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_wan_25_text_to_video_duration(_duration)

        prompt_extend = d.pop("prompt_extend", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_25_text_to_video = cls(
            model=model,
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            quality=quality,
            duration=duration,
            prompt_extend=prompt_extend,
            callback_url=callback_url,
        )

        wan_25_text_to_video.additional_properties = d
        return wan_25_text_to_video

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
