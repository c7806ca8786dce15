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

from ..models.doubao_seedance_10_pro_fast_aspect_ratio import (
    DoubaoSeedance10ProFastAspectRatio,
    check_doubao_seedance_10_pro_fast_aspect_ratio,
)
from ..models.doubao_seedance_10_pro_fast_quality import (
    DoubaoSeedance10ProFastQuality,
    check_doubao_seedance_10_pro_fast_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="DoubaoSeedance10ProFast")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class DoubaoSeedance10ProFast:
    """Creates a video from a prompt, and optionally from its first frame.

    Attributes:
        model (Literal['doubao-seedance-1.0-pro-fast']): The id of the model. Default: 'doubao-seedance-1.0-pro-fast'.
        prompt (str): The description of the video, of at most 2000 characters.
        duration (int | Unset): The length of the video in seconds, 2 to 12. A longer video costs more. The default is
            5.
        quality (DoubaoSeedance10ProFastQuality | Unset): The resolution of the video. A sharper video costs more. The
            default is 1080p.
        aspect_ratio (DoubaoSeedance10ProFastAspectRatio | Unset): The ratio of width to height; keep_ratio and adaptive
            need an image. The default is adaptive with an image, and 16:9 without one.
        image_urls (list[str] | Unset): The first frame, as a list of at most one URL. Without it, the video is created
            from the prompt alone.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["doubao-seedance-1.0-pro-fast"] = "doubao-seedance-1.0-pro-fast"
    duration: int | Unset = UNSET
    quality: DoubaoSeedance10ProFastQuality | Unset = UNSET
    aspect_ratio: DoubaoSeedance10ProFastAspectRatio | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

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
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["doubao-seedance-1.0-pro-fast"], d.pop("model"))
        if model != "doubao-seedance-1.0-pro-fast":
            raise ValueError(
                f"model must match const 'doubao-seedance-1.0-pro-fast', got '{model}'"
            )

        prompt = d.pop("prompt")

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: DoubaoSeedance10ProFastQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_doubao_seedance_10_pro_fast_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: DoubaoSeedance10ProFastAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_doubao_seedance_10_pro_fast_aspect_ratio(_aspect_ratio)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        callback_url = d.pop("callback_url", UNSET)

        doubao_seedance_10_pro_fast = cls(
            model=model,
            prompt=prompt,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            image_urls=image_urls,
            callback_url=callback_url,
        )

        doubao_seedance_10_pro_fast.additional_properties = d
        return doubao_seedance_10_pro_fast

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
