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

from ..models.gemini_omni_11_flash_video_edit_aspect_ratio import (
    GeminiOmni11FlashVideoEditAspectRatio,
    check_gemini_omni_11_flash_video_edit_aspect_ratio,
)
from ..models.gemini_omni_11_flash_video_edit_duration import (
    GeminiOmni11FlashVideoEditDuration,
    check_gemini_omni_11_flash_video_edit_duration,
)
from ..models.gemini_omni_11_flash_video_edit_quality import (
    GeminiOmni11FlashVideoEditQuality,
    check_gemini_omni_11_flash_video_edit_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GeminiOmni11FlashVideoEdit")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GeminiOmni11FlashVideoEdit:
    """Edits a video, optionally with reference images.

    Attributes:
        model (Literal['gemini-omni-1.1-flash-video-edit']): The id of the model. Default: 'gemini-omni-1.1-flash-video-
            edit'.
        prompt (str): The description of the change.
        video_urls (list[str]): The video to edit, as a list of exactly one URL. It lasts at most ten seconds.
        image_urls (list[str] | Unset): URLs of one to ten reference images. Each adds tokens that are billed.
        quality (GeminiOmni11FlashVideoEditQuality | Unset): The resolution of the video; auto is that of the given
            video. The tokens of both videos are billed at this resolution. The default is auto.
        duration (GeminiOmni11FlashVideoEditDuration | Unset): The length of the video, which is that of the given
            video. Only auto is possible.
        aspect_ratio (GeminiOmni11FlashVideoEditAspectRatio | Unset): The ratio of width to height, which is that of the
            given video. Only auto is possible.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    video_urls: list[str]
    model: Literal["gemini-omni-1.1-flash-video-edit"] = (
        "gemini-omni-1.1-flash-video-edit"
    )
    image_urls: list[str] | Unset = UNSET
    quality: GeminiOmni11FlashVideoEditQuality | Unset = UNSET
    duration: GeminiOmni11FlashVideoEditDuration | Unset = UNSET
    aspect_ratio: GeminiOmni11FlashVideoEditAspectRatio | Unset = UNSET
    callback_url: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        video_urls = self.video_urls

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration: str | Unset = UNSET
        if not isinstance(self.duration, Unset):
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
                "video_urls": video_urls,
            }
        )
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
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
        model = cast(Literal["gemini-omni-1.1-flash-video-edit"], d.pop("model"))
        if model != "gemini-omni-1.1-flash-video-edit":
            raise ValueError(
                f"model must match const 'gemini-omni-1.1-flash-video-edit', got '{model}'"
            )

        prompt = d.pop("prompt")

        video_urls = cast(list[str], d.pop("video_urls"))

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: GeminiOmni11FlashVideoEditQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_gemini_omni_11_flash_video_edit_quality(_quality)

        _duration = d.pop("duration", UNSET)
        duration: GeminiOmni11FlashVideoEditDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_gemini_omni_11_flash_video_edit_duration(_duration)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: GeminiOmni11FlashVideoEditAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_gemini_omni_11_flash_video_edit_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        gemini_omni_11_flash_video_edit = cls(
            model=model,
            prompt=prompt,
            video_urls=video_urls,
            image_urls=image_urls,
            quality=quality,
            duration=duration,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        return gemini_omni_11_flash_video_edit
