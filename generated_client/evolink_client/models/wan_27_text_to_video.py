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

from ..models.wan_27_text_to_video_aspect_ratio import (
    Wan27TextToVideoAspectRatio,
    check_wan_27_text_to_video_aspect_ratio,
)
from ..models.wan_27_text_to_video_quality import (
    Wan27TextToVideoQuality,
    check_wan_27_text_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan27TextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan27TextToVideo:
    """Creates a video from a prompt, and optionally from a sound file.

    Attributes:
        model (Literal['wan2.7-text-to-video']): The id of the model. Default: 'wan2.7-text-to-video'.
        prompt (str): The description of the video. Everything beyond 5000 characters is cut off.
        negative_prompt (str | Unset): What the video must not show. Everything beyond 500 characters is cut off.
        audio_urls (list[str] | Unset): The sound, as a list of exactly one URL. It is cut to the length of the video,
            and the rest of a longer video is silent. Without it, the sound is generated.
        quality (Wan27TextToVideoQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Wan27TextToVideoAspectRatio | Unset): The ratio of width to height. The default is 16:9.
        duration (int | Unset): The length of the video in whole seconds, 2 to 15. Credits are reserved for this length
            and settled for the length that is produced. The default is 5.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["wan2.7-text-to-video"] = "wan2.7-text-to-video"
    negative_prompt: str | Unset = UNSET
    audio_urls: list[str] | Unset = UNSET
    quality: Wan27TextToVideoQuality | Unset = UNSET
    aspect_ratio: Wan27TextToVideoAspectRatio | Unset = UNSET
    duration: int | Unset = UNSET
    seed: int | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        negative_prompt = self.negative_prompt

        audio_urls: list[str] | Unset = UNSET
        if not isinstance(self.audio_urls, Unset):
            audio_urls = self.audio_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        duration = self.duration

        seed = self.seed

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
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if audio_urls is not UNSET:
            field_dict["audio_urls"] = audio_urls
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if duration is not UNSET:
            field_dict["duration"] = duration
        if seed is not UNSET:
            field_dict["seed"] = seed
        if prompt_extend is not UNSET:
            field_dict["prompt_extend"] = prompt_extend
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.7-text-to-video"], d.pop("model"))
        if model != "wan2.7-text-to-video":
            raise ValueError(
                f"model must match const 'wan2.7-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        negative_prompt = d.pop("negative_prompt", UNSET)

        audio_urls = cast(list[str], d.pop("audio_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: Wan27TextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_27_text_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan27TextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_27_text_to_video_aspect_ratio(_aspect_ratio)

        duration = d.pop("duration", UNSET)

        seed = d.pop("seed", UNSET)

        prompt_extend = d.pop("prompt_extend", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_27_text_to_video = cls(
            model=model,
            prompt=prompt,
            negative_prompt=negative_prompt,
            audio_urls=audio_urls,
            quality=quality,
            aspect_ratio=aspect_ratio,
            duration=duration,
            seed=seed,
            prompt_extend=prompt_extend,
            callback_url=callback_url,
        )

        wan_27_text_to_video.additional_properties = d
        return wan_27_text_to_video

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
