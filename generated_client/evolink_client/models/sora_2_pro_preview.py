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

from ..models.sora_2_pro_preview_aspect_ratio import (
    Sora2ProPreviewAspectRatio,
    check_sora_2_pro_preview_aspect_ratio,
)
from ..models.sora_2_pro_preview_duration import (
    Sora2ProPreviewDuration,
    check_sora_2_pro_preview_duration,
)
from ..models.sora_2_pro_preview_quality import (
    Sora2ProPreviewQuality,
    check_sora_2_pro_preview_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Sora2ProPreview")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Sora2ProPreview:
    """Creates a video from a prompt, and optionally from its first frame.

    Attributes:
        model (Literal['sora-2-pro-preview']): The id of the model. Default: 'sora-2-pro-preview'.
        prompt (str): The description of the video, of at most 5000 characters.
        aspect_ratio (Sora2ProPreviewAspectRatio | Unset): The ratio of width to height.
        duration (Sora2ProPreviewDuration | Unset): The length of the video in seconds, 4, 8 or 12. No default is
            documented.
        quality (Sora2ProPreviewQuality | Unset): The resolution of the video. A video with 1080p is dearer. No default
            is documented.
        image_urls (list[str] | Unset): The first frame, as a list of at most one URL. It shows no real people.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["sora-2-pro-preview"] = "sora-2-pro-preview"
    aspect_ratio: Sora2ProPreviewAspectRatio | Unset = UNSET
    duration: Sora2ProPreviewDuration | Unset = UNSET
    quality: Sora2ProPreviewQuality | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
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

        duration: int | Unset = UNSET
        if not isinstance(self.duration, Unset):
            duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

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
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["sora-2-pro-preview"], d.pop("model"))
        if model != "sora-2-pro-preview":
            raise ValueError(
                f"model must match const 'sora-2-pro-preview', got '{model}'"
            )

        prompt = d.pop("prompt")

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Sora2ProPreviewAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_sora_2_pro_preview_aspect_ratio(_aspect_ratio)

        _duration = d.pop("duration", UNSET)
        duration: Sora2ProPreviewDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_sora_2_pro_preview_duration(_duration)

        _quality = d.pop("quality", UNSET)
        quality: Sora2ProPreviewQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_sora_2_pro_preview_quality(_quality)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        callback_url = d.pop("callback_url", UNSET)

        sora_2_pro_preview = cls(
            model=model,
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            duration=duration,
            quality=quality,
            image_urls=image_urls,
            callback_url=callback_url,
        )

        sora_2_pro_preview.additional_properties = d
        return sora_2_pro_preview

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
