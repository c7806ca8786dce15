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

from ..models.wan_30_image_to_video_aspect_ratio import (
    Wan30ImageToVideoAspectRatio,
    check_wan_30_image_to_video_aspect_ratio,
)
from ..models.wan_30_image_to_video_quality import (
    Wan30ImageToVideoQuality,
    check_wan_30_image_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan30ImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan30ImageToVideo:
    """Creates a video from its first frame, and optionally from its last frame.

    Attributes:
        model (Literal['wan3.0-image-to-video']): The id of the model. Default: 'wan3.0-image-to-video'.
        image_start (str): The URL of the first frame.
        prompt (str | Unset): The description of the video. Everything beyond 20000 characters is cut off.
        image_end (str | Unset): The URL of the last frame.
        duration (int | Unset): The length of the video in whole seconds, 2 to 30, or -1 to let the model choose. With
            -1, credits are reserved for 30 seconds. They are settled for the length that is produced. The default is 5.
        quality (Wan30ImageToVideoQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Wan30ImageToVideoAspectRatio | Unset): The ratio of width to height. The default is adaptive.
        generate_audio (bool | Unset): Whether the video has sound, which costs the same. The default is true.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    image_start: str
    model: Literal["wan3.0-image-to-video"] = "wan3.0-image-to-video"
    prompt: str | Unset = UNSET
    image_end: str | Unset = UNSET
    duration: int | Unset = UNSET
    quality: Wan30ImageToVideoQuality | Unset = UNSET
    aspect_ratio: Wan30ImageToVideoAspectRatio | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    seed: int | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        image_start = self.image_start

        prompt = self.prompt

        image_end = self.image_end

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        generate_audio = self.generate_audio

        seed = self.seed

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "image_start": image_start,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if image_end is not UNSET:
            field_dict["image_end"] = image_end
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if seed is not UNSET:
            field_dict["seed"] = seed
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan3.0-image-to-video"], d.pop("model"))
        if model != "wan3.0-image-to-video":
            raise ValueError(
                f"model must match const 'wan3.0-image-to-video', got '{model}'"
            )

        image_start = d.pop("image_start")

        prompt = d.pop("prompt", UNSET)

        image_end = d.pop("image_end", UNSET)

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Wan30ImageToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_30_image_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan30ImageToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_30_image_to_video_aspect_ratio(_aspect_ratio)

        generate_audio = d.pop("generate_audio", UNSET)

        seed = d.pop("seed", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_30_image_to_video = cls(
            model=model,
            image_start=image_start,
            prompt=prompt,
            image_end=image_end,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            generate_audio=generate_audio,
            seed=seed,
            callback_url=callback_url,
        )

        wan_30_image_to_video.additional_properties = d
        return wan_30_image_to_video

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
