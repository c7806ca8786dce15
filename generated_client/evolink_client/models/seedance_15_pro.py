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

from ..models.seedance_15_pro_aspect_ratio import (
    Seedance15ProAspectRatio,
    check_seedance_15_pro_aspect_ratio,
)
from ..models.seedance_15_pro_quality import (
    Seedance15ProQuality,
    check_seedance_15_pro_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Seedance15Pro")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Seedance15Pro:
    """Creates a video from a prompt, and optionally from its first frame, or its first and last frame.

    Attributes:
        model (Literal['seedance-1.5-pro']): The id of the model. Default: 'seedance-1.5-pro'.
        prompt (str): The description of the video, of at most 2000 characters.
        image_urls (list[str] | Unset): The first frame, or the first and the last frame, as a list of at most two URLs.
            Without them, the video is created from the prompt alone.
        duration (int | Unset): The length of the video in seconds, 4 to 12. The default is 5.
        quality (Seedance15ProQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Seedance15ProAspectRatio | Unset): The ratio of width to height. The default is 16:9.
        generate_audio (bool | Unset): Whether the video has sound, which costs more. The default is true.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["seedance-1.5-pro"] = "seedance-1.5-pro"
    image_urls: list[str] | Unset = UNSET
    duration: int | Unset = UNSET
    quality: Seedance15ProQuality | Unset = UNSET
    aspect_ratio: Seedance15ProAspectRatio | Unset = UNSET
    generate_audio: bool | Unset = UNSET
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

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        generate_audio = self.generate_audio

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
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["seedance-1.5-pro"], d.pop("model"))
        if model != "seedance-1.5-pro":
            raise ValueError(
                f"model must match const 'seedance-1.5-pro', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Seedance15ProQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_seedance_15_pro_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Seedance15ProAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_seedance_15_pro_aspect_ratio(_aspect_ratio)

        generate_audio = d.pop("generate_audio", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        seedance_15_pro = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            generate_audio=generate_audio,
            callback_url=callback_url,
        )

        seedance_15_pro.additional_properties = d
        return seedance_15_pro

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
