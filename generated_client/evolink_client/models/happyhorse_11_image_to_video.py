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

from ..models.happyhorse_11_image_to_video_quality import (
    Happyhorse11ImageToVideoQuality,
    check_happyhorse_11_image_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Happyhorse11ImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Happyhorse11ImageToVideo:
    """Creates a video from its first frame, and optionally from a prompt, with version 1.1.

    Attributes:
        model (Literal['happyhorse-1.1-image-to-video']): The id of the model. Default: 'happyhorse-1.1-image-to-video'.
        image_urls (list[str]): The first frame, as a list of exactly one URL.
        prompt (str | Unset): The description of the video. Everything beyond 5000 characters is cut off, or beyond 2500
            if they are Chinese.
        quality (Happyhorse11ImageToVideoQuality | Unset): The resolution of the video. 1080p costs more. The default is
            720p.
        duration (int | Unset): The length of the video in whole seconds, 3 to 15. A longer video costs more. The
            default is 5.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    image_urls: list[str]
    model: Literal["happyhorse-1.1-image-to-video"] = "happyhorse-1.1-image-to-video"
    prompt: str | Unset = UNSET
    quality: Happyhorse11ImageToVideoQuality | Unset = UNSET
    duration: int | Unset = UNSET
    seed: int | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        image_urls = self.image_urls

        prompt = self.prompt

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration = self.duration

        seed = self.seed

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "image_urls": image_urls,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if quality is not UNSET:
            field_dict["quality"] = quality
        if duration is not UNSET:
            field_dict["duration"] = duration
        if seed is not UNSET:
            field_dict["seed"] = seed
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["happyhorse-1.1-image-to-video"], d.pop("model"))
        if model != "happyhorse-1.1-image-to-video":
            raise ValueError(
                f"model must match const 'happyhorse-1.1-image-to-video', got '{model}'"
            )

        image_urls = cast(list[str], d.pop("image_urls"))

        prompt = d.pop("prompt", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Happyhorse11ImageToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_happyhorse_11_image_to_video_quality(_quality)

        duration = d.pop("duration", UNSET)

        seed = d.pop("seed", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        happyhorse_11_image_to_video = cls(
            model=model,
            image_urls=image_urls,
            prompt=prompt,
            quality=quality,
            duration=duration,
            seed=seed,
            callback_url=callback_url,
        )

        happyhorse_11_image_to_video.additional_properties = d
        return happyhorse_11_image_to_video

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
