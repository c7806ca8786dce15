from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import setters as _attrs_setters

from ..models.gemini_omni_11_flash_reference_to_video_aspect_ratio import (
    GeminiOmni11FlashReferenceToVideoAspectRatio,
    check_gemini_omni_11_flash_reference_to_video_aspect_ratio,
)
from ..models.gemini_omni_11_flash_reference_to_video_quality import (
    GeminiOmni11FlashReferenceToVideoQuality,
    check_gemini_omni_11_flash_reference_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GeminiOmni11FlashReferenceToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GeminiOmni11FlashReferenceToVideo:
    """Creates a video from a prompt and references.

    Attributes:
        model (Literal['gemini-omni-1.1-flash-reference-to-video']): The id of the model. Default: 'gemini-
            omni-1.1-flash-reference-to-video'.
        prompt (str): The description of the video.
        image_urls (list[str]): URLs of one to ten reference images.
        video_urls (list[str] | Unset): URLs of one to three reference videos of at most ten seconds each. Each adds
            tokens that are billed.
        quality (GeminiOmni11FlashReferenceToVideoQuality | Unset): The resolution of the video. Compared with 720p,
            360p has about a third of the tokens that are billed, 1080p about one and a half times, and 4k about three times
            as many. The default is 720p.
        duration (int | Unset): The length of the video in whole seconds, 3 to 10. The default is 3.
        aspect_ratio (GeminiOmni11FlashReferenceToVideoAspectRatio | Unset): The ratio of width to height. The default
            is auto.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    image_urls: list[str]
    model: Literal["gemini-omni-1.1-flash-reference-to-video"] = (
        "gemini-omni-1.1-flash-reference-to-video"
    )
    video_urls: list[str] | Unset = UNSET
    quality: GeminiOmni11FlashReferenceToVideoQuality | Unset = UNSET
    duration: int | Unset = UNSET
    aspect_ratio: GeminiOmni11FlashReferenceToVideoAspectRatio | Unset = UNSET
    callback_url: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls = self.image_urls

        video_urls: list[str] | Unset = UNSET
        if not isinstance(self.video_urls, Unset):
            video_urls = self.video_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration = self.duration

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
                "image_urls": image_urls,
            }
        )
        if video_urls is not UNSET:
            field_dict["video_urls"] = video_urls
        if quality is not UNSET:
            field_dict["quality"] = quality
        if duration is not UNSET:
            field_dict["duration"] = duration
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(
            Literal["gemini-omni-1.1-flash-reference-to-video"], d.pop("model")
        )
        if model != "gemini-omni-1.1-flash-reference-to-video":
            raise ValueError(
                f"model must match const 'gemini-omni-1.1-flash-reference-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls"))

        video_urls = cast(list[str], d.pop("video_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: GeminiOmni11FlashReferenceToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_gemini_omni_11_flash_reference_to_video_quality(_quality)

        duration = d.pop("duration", UNSET)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: GeminiOmni11FlashReferenceToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_gemini_omni_11_flash_reference_to_video_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        gemini_omni_11_flash_reference_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            video_urls=video_urls,
            quality=quality,
            duration=duration,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        return gemini_omni_11_flash_reference_to_video
