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

from ..models.seedance_20_mini_reference_to_video_aspect_ratio import (
    Seedance20MiniReferenceToVideoAspectRatio,
    check_seedance_20_mini_reference_to_video_aspect_ratio,
)
from ..models.seedance_20_mini_reference_to_video_quality import (
    Seedance20MiniReferenceToVideoQuality,
    check_seedance_20_mini_reference_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Seedance20MiniReferenceToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Seedance20MiniReferenceToVideo:
    """Creates a video from a prompt and references, with the smallest version.

    Attributes:
        model (Literal['seedance-2.0-mini-reference-to-video']): The id of the model. Default: 'seedance-2.0-mini-
            reference-to-video'.
        prompt (str): The description of the video, of at most 10000 tokens. It calls the references @image1, @video1,
            @audio1 and so on.
        image_urls (list[str] | Unset): URLs of at most nine reference images.
        video_urls (list[str] | Unset): URLs of at most three reference videos, which last at most 15 seconds together.
            Their length is billed.
        audio_urls (list[str] | Unset): URLs of at most three sound files, which last at most 15 seconds together.
        duration (int | Unset): The length of the video in whole seconds, 4 to 15. The default is 5.
        quality (Seedance20MiniReferenceToVideoQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Seedance20MiniReferenceToVideoAspectRatio | Unset): The ratio of width to height. With adaptive,
            it follows the video, else the image, else the prompt. The default is adaptive.
        generate_audio (bool | Unset): Whether the video has sound, which costs the same. The default is true.
        content_filter (bool | Unset): Whether contents are filtered. A video without the filter costs more. The default
            is true.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["seedance-2.0-mini-reference-to-video"] = (
        "seedance-2.0-mini-reference-to-video"
    )
    image_urls: list[str] | Unset = UNSET
    video_urls: list[str] | Unset = UNSET
    audio_urls: list[str] | Unset = UNSET
    duration: int | Unset = UNSET
    quality: Seedance20MiniReferenceToVideoQuality | Unset = UNSET
    aspect_ratio: Seedance20MiniReferenceToVideoAspectRatio | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    content_filter: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        video_urls: list[str] | Unset = UNSET
        if not isinstance(self.video_urls, Unset):
            video_urls = self.video_urls

        audio_urls: list[str] | Unset = UNSET
        if not isinstance(self.audio_urls, Unset):
            audio_urls = self.audio_urls

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        generate_audio = self.generate_audio

        content_filter = self.content_filter

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if video_urls is not UNSET:
            field_dict["video_urls"] = video_urls
        if audio_urls is not UNSET:
            field_dict["audio_urls"] = audio_urls
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if content_filter is not UNSET:
            field_dict["content_filter"] = content_filter
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["seedance-2.0-mini-reference-to-video"], d.pop("model"))
        if model != "seedance-2.0-mini-reference-to-video":
            raise ValueError(
                f"model must match const 'seedance-2.0-mini-reference-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        video_urls = cast(list[str], d.pop("video_urls", UNSET))

        audio_urls = cast(list[str], d.pop("audio_urls", UNSET))

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Seedance20MiniReferenceToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_seedance_20_mini_reference_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Seedance20MiniReferenceToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_seedance_20_mini_reference_to_video_aspect_ratio(
                _aspect_ratio
            )

        generate_audio = d.pop("generate_audio", UNSET)

        content_filter = d.pop("content_filter", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        seedance_20_mini_reference_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            video_urls=video_urls,
            audio_urls=audio_urls,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            generate_audio=generate_audio,
            content_filter=content_filter,
            callback_url=callback_url,
        )

        seedance_20_mini_reference_to_video.additional_properties = d
        return seedance_20_mini_reference_to_video

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
