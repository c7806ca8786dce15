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

from ..models.happyhorse_10_reference_to_video_aspect_ratio import (
    Happyhorse10ReferenceToVideoAspectRatio,
    check_happyhorse_10_reference_to_video_aspect_ratio,
)
from ..models.happyhorse_10_reference_to_video_quality import (
    Happyhorse10ReferenceToVideoQuality,
    check_happyhorse_10_reference_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Happyhorse10ReferenceToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Happyhorse10ReferenceToVideo:
    """Creates a video from a prompt and one to nine reference images.

    Attributes:
        model (Literal['happyhorse-1.0-reference-to-video']): The id of the model. Default: 'happyhorse-1.0-reference-
            to-video'.
        prompt (str): The description of the video. It has to call the images character1, character2 and so on, in their
            order. Everything beyond 5000 characters is cut off, or beyond 2500 if they are Chinese.
        image_urls (list[str]): URLs of one to nine reference images. Images of 720p or more are advised, with a ratio
            near that of the video, and with sides of which the shorter is at least 0.4 times the longer.
        quality (Happyhorse10ReferenceToVideoQuality | Unset): The resolution of the video. 1080p costs more. The
            default is 720p.
        aspect_ratio (Happyhorse10ReferenceToVideoAspectRatio | Unset): The ratio of width to height. The default is
            16:9.
        duration (int | Unset): The length of the video in whole seconds, 3 to 15. A longer video costs more. The
            default is 5.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    image_urls: list[str]
    model: Literal["happyhorse-1.0-reference-to-video"] = (
        "happyhorse-1.0-reference-to-video"
    )
    quality: Happyhorse10ReferenceToVideoQuality | Unset = UNSET
    aspect_ratio: Happyhorse10ReferenceToVideoAspectRatio | Unset = UNSET
    duration: int | Unset = UNSET
    seed: int | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls = self.image_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        duration = self.duration

        seed = self.seed

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
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
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
        model = cast(Literal["happyhorse-1.0-reference-to-video"], d.pop("model"))
        if model != "happyhorse-1.0-reference-to-video":
            raise ValueError(
                f"model must match const 'happyhorse-1.0-reference-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls"))

        _quality = d.pop("quality", UNSET)
        quality: Happyhorse10ReferenceToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_happyhorse_10_reference_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Happyhorse10ReferenceToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_happyhorse_10_reference_to_video_aspect_ratio(
                _aspect_ratio
            )

        duration = d.pop("duration", UNSET)

        seed = d.pop("seed", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        happyhorse_10_reference_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            quality=quality,
            aspect_ratio=aspect_ratio,
            duration=duration,
            seed=seed,
            callback_url=callback_url,
        )

        happyhorse_10_reference_to_video.additional_properties = d
        return happyhorse_10_reference_to_video

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
