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

from ..models.wan_27_video_edit_aspect_ratio import (
    Wan27VideoEditAspectRatio,
    check_wan_27_video_edit_aspect_ratio,
)
from ..models.wan_27_video_edit_quality import (
    Wan27VideoEditQuality,
    check_wan_27_video_edit_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Wan27VideoEdit")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan27VideoEdit:
    """Creates an edited copy of a video.

    Attributes:
        model (Literal['wan2.7-video-edit']): The id of the model. Default: 'wan2.7-video-edit'.
        video_urls (list[str]): The video to edit, as a list of exactly one URL.
        prompt (str | Unset): The description of the video. Everything beyond 5000 characters is cut off.
        negative_prompt (str | Unset): What the video must not show. Everything beyond 500 characters is cut off.
        image_urls (list[str] | Unset): URLs of at most four reference images.
        keep_original_sound (bool | Unset): Whether the video keeps its sound. If false, the model decides. The default
            is false.
        quality (Wan27VideoEditQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Wan27VideoEditAspectRatio | Unset): The ratio of width to height. The default is that of the given
            video.
        duration (float | Unset): The length of the video in seconds, 2 to 10 from the beginning of the given video, or
            0 to keep its length. Credits are settled for the length that is produced. The default is 0.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    video_urls: list[str]
    model: Literal["wan2.7-video-edit"] = "wan2.7-video-edit"
    prompt: str | Unset = UNSET
    negative_prompt: str | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    keep_original_sound: bool | Unset = UNSET
    quality: Wan27VideoEditQuality | Unset = UNSET
    aspect_ratio: Wan27VideoEditAspectRatio | Unset = UNSET
    duration: float | Unset = UNSET
    seed: int | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        video_urls = self.video_urls

        prompt = self.prompt

        negative_prompt = self.negative_prompt

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        keep_original_sound = self.keep_original_sound

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
                "video_urls": video_urls,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if keep_original_sound is not UNSET:
            field_dict["keep_original_sound"] = keep_original_sound
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
        model = cast(Literal["wan2.7-video-edit"], d.pop("model"))
        if model != "wan2.7-video-edit":
            raise ValueError(
                f"model must match const 'wan2.7-video-edit', got '{model}'"
            )

        video_urls = cast(list[str], d.pop("video_urls"))

        prompt = d.pop("prompt", UNSET)

        negative_prompt = d.pop("negative_prompt", UNSET)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        keep_original_sound = d.pop("keep_original_sound", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Wan27VideoEditQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_27_video_edit_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan27VideoEditAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_27_video_edit_aspect_ratio(_aspect_ratio)

        duration = d.pop("duration", UNSET)

        seed = d.pop("seed", UNSET)

        prompt_extend = d.pop("prompt_extend", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_27_video_edit = cls(
            model=model,
            video_urls=video_urls,
            prompt=prompt,
            negative_prompt=negative_prompt,
            image_urls=image_urls,
            keep_original_sound=keep_original_sound,
            quality=quality,
            aspect_ratio=aspect_ratio,
            duration=duration,
            seed=seed,
            prompt_extend=prompt_extend,
            callback_url=callback_url,
        )

        wan_27_video_edit.additional_properties = d
        return wan_27_video_edit

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
