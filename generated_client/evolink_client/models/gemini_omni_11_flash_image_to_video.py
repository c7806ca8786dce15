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

from ..models.gemini_omni_11_flash_image_to_video_aspect_ratio import (
    GeminiOmni11FlashImageToVideoAspectRatio,
    check_gemini_omni_11_flash_image_to_video_aspect_ratio,
)
from ..models.gemini_omni_11_flash_image_to_video_quality import (
    GeminiOmni11FlashImageToVideoQuality,
    check_gemini_omni_11_flash_image_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GeminiOmni11FlashImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GeminiOmni11FlashImageToVideo:
    """Creates a video from its first frame, and optionally its last frame.

    Attributes:
        model (Literal['gemini-omni-1.1-flash-image-to-video']): The id of the model. Default: 'gemini-omni-1.1-flash-
            image-to-video'.
        prompt (str): The description of the video.
        image_urls (list[str]): The first frame, or the first and the last frame, as a list of one or two URLs.
        quality (GeminiOmni11FlashImageToVideoQuality | Unset): The resolution of the video. Compared with 720p, 360p
            has about a third of the tokens that are billed, 1080p about one and a half times, and 4k about three times as
            many. The default is 720p.
        duration (int | Unset): The length of the video in whole seconds, 3 to 10. The default is 3.
        aspect_ratio (GeminiOmni11FlashImageToVideoAspectRatio | Unset): The ratio of width to height. The default is
            auto.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    image_urls: list[str]
    model: Literal["gemini-omni-1.1-flash-image-to-video"] = (
        "gemini-omni-1.1-flash-image-to-video"
    )
    quality: GeminiOmni11FlashImageToVideoQuality | Unset = UNSET
    duration: int | Unset = UNSET
    aspect_ratio: GeminiOmni11FlashImageToVideoAspectRatio | Unset = UNSET
    callback_url: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls = self.image_urls

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
        model = cast(Literal["gemini-omni-1.1-flash-image-to-video"], d.pop("model"))
        if model != "gemini-omni-1.1-flash-image-to-video":
            raise ValueError(
                f"model must match const 'gemini-omni-1.1-flash-image-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls"))

        _quality = d.pop("quality", UNSET)
        quality: GeminiOmni11FlashImageToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_gemini_omni_11_flash_image_to_video_quality(_quality)

        duration = d.pop("duration", UNSET)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: GeminiOmni11FlashImageToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_gemini_omni_11_flash_image_to_video_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        gemini_omni_11_flash_image_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            quality=quality,
            duration=duration,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        return gemini_omni_11_flash_image_to_video
