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

from ..models.grok_imagine_video_15_preview_aspect_ratio import (
    GrokImagineVideo15PreviewAspectRatio,
    check_grok_imagine_video_15_preview_aspect_ratio,
)
from ..models.grok_imagine_video_15_preview_quality import (
    GrokImagineVideo15PreviewQuality,
    check_grok_imagine_video_15_preview_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GrokImagineVideo15Preview")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GrokImagineVideo15Preview:
    """Creates a video from a prompt, from its first frame, or from two to seven references.

    Attributes:
        model (Literal['grok-imagine-video-1.5-preview']): The id of the model. Default: 'grok-imagine-
            video-1.5-preview'.
        prompt (str): The description of the video, which is not empty and has at most 4096 characters.
        image_urls (list[str] | Unset): URLs of at most seven images. One is the first frame, several are references.
            Without them, the video is created from the prompt alone. Each image costs extra.
        duration (int | Unset): The length of the video in whole seconds, 1 to 15. The default is 6.
        quality (GrokImagineVideo15PreviewQuality | Unset): The resolution of the video. 1080p is not possible with two
            or more images. The default is 480p.
        aspect_ratio (GrokImagineVideo15PreviewAspectRatio | Unset): The ratio of width to height. With exactly one
            image, it is that of the image. The default is auto.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["grok-imagine-video-1.5-preview"] = "grok-imagine-video-1.5-preview"
    image_urls: list[str] | Unset = UNSET
    duration: int | Unset = UNSET
    quality: GrokImagineVideo15PreviewQuality | Unset = UNSET
    aspect_ratio: GrokImagineVideo15PreviewAspectRatio | Unset = UNSET
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
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["grok-imagine-video-1.5-preview"], d.pop("model"))
        if model != "grok-imagine-video-1.5-preview":
            raise ValueError(
                f"model must match const 'grok-imagine-video-1.5-preview', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: GrokImagineVideo15PreviewQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_grok_imagine_video_15_preview_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: GrokImagineVideo15PreviewAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_grok_imagine_video_15_preview_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        grok_imagine_video_15_preview = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        grok_imagine_video_15_preview.additional_properties = d
        return grok_imagine_video_15_preview

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
