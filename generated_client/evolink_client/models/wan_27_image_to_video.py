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

from ..models.wan_27_image_to_video_generation_mode import (
    Wan27ImageToVideoGenerationMode,
    check_wan_27_image_to_video_generation_mode,
)
from ..models.wan_27_image_to_video_quality import (
    Wan27ImageToVideoQuality,
    check_wan_27_image_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan27ImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan27ImageToVideo:
    """Creates a video from its first frame, from its first and last frame, or as the continuation of a video.

    Attributes:
        model (Literal['wan2.7-image-to-video']): The id of the model. Default: 'wan2.7-image-to-video'.
        generation_mode (Wan27ImageToVideoGenerationMode | Unset): What the video is made from. Without it, the given
            files decide.
        prompt (str | Unset): The description of the video. Everything beyond 5000 characters is cut off.
        negative_prompt (str | Unset): What the video must not show. Everything beyond 500 characters is cut off.
        image_start (str | Unset): The URL of the first frame.
        image_end (str | Unset): The URL of the last frame.
        video_urls (list[str] | Unset): The video to continue, as a list of one URL.
        audio_urls (list[str] | Unset): The sound, as a list of exactly one URL. It is cut to the length of the video,
            and the rest of a longer video is silent.
        quality (Wan27ImageToVideoQuality | Unset): The resolution of the video. The default is 720p.
        duration (int | Unset): The length of the video in whole seconds, 2 to 15. In a continuation, it includes the
            given video, which may not be longer. One of the same length is returned unchanged. Credits are reserved for it
            and settled for the length that is produced. The default is 5.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    model: Literal["wan2.7-image-to-video"] = "wan2.7-image-to-video"
    generation_mode: Wan27ImageToVideoGenerationMode | Unset = UNSET
    prompt: str | Unset = UNSET
    negative_prompt: str | Unset = UNSET
    image_start: str | Unset = UNSET
    image_end: str | Unset = UNSET
    video_urls: list[str] | Unset = UNSET
    audio_urls: list[str] | Unset = UNSET
    quality: Wan27ImageToVideoQuality | Unset = UNSET
    duration: int | Unset = UNSET
    seed: int | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        generation_mode: str | Unset = UNSET
        if not isinstance(self.generation_mode, Unset):
            generation_mode = self.generation_mode

        prompt = self.prompt

        negative_prompt = self.negative_prompt

        image_start = self.image_start

        image_end = self.image_end

        video_urls: list[str] | Unset = UNSET
        if not isinstance(self.video_urls, Unset):
            video_urls = self.video_urls

        audio_urls: list[str] | Unset = UNSET
        if not isinstance(self.audio_urls, Unset):
            audio_urls = self.audio_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration = self.duration

        seed = self.seed

        prompt_extend = self.prompt_extend

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
            }
        )
        if generation_mode is not UNSET:
            field_dict["generation_mode"] = generation_mode
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if image_start is not UNSET:
            field_dict["image_start"] = image_start
        if image_end is not UNSET:
            field_dict["image_end"] = image_end
        if video_urls is not UNSET:
            field_dict["video_urls"] = video_urls
        if audio_urls is not UNSET:
            field_dict["audio_urls"] = audio_urls
        if quality is not UNSET:
            field_dict["quality"] = quality
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
        model = cast(Literal["wan2.7-image-to-video"], d.pop("model"))
        if model != "wan2.7-image-to-video":
            raise ValueError(
                f"model must match const 'wan2.7-image-to-video', got '{model}'"
            )

        _generation_mode = d.pop("generation_mode", UNSET)
        generation_mode: Wan27ImageToVideoGenerationMode | Unset
        if isinstance(_generation_mode, Unset):
            generation_mode = UNSET
        else:
            generation_mode = check_wan_27_image_to_video_generation_mode(
                _generation_mode
            )

        prompt = d.pop("prompt", UNSET)

        negative_prompt = d.pop("negative_prompt", UNSET)

        image_start = d.pop("image_start", UNSET)

        image_end = d.pop("image_end", UNSET)

        video_urls = cast(list[str], d.pop("video_urls", UNSET))

        audio_urls = cast(list[str], d.pop("audio_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: Wan27ImageToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_27_image_to_video_quality(_quality)

        duration = d.pop("duration", UNSET)

        seed = d.pop("seed", UNSET)

        prompt_extend = d.pop("prompt_extend", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_27_image_to_video = cls(
            model=model,
            generation_mode=generation_mode,
            prompt=prompt,
            negative_prompt=negative_prompt,
            image_start=image_start,
            image_end=image_end,
            video_urls=video_urls,
            audio_urls=audio_urls,
            quality=quality,
            duration=duration,
            seed=seed,
            prompt_extend=prompt_extend,
            callback_url=callback_url,
        )

        wan_27_image_to_video.additional_properties = d
        return wan_27_image_to_video

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
