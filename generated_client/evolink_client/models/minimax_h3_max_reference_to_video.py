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

from ..models.minimax_h3_max_reference_to_video_aspect_ratio import (
    MinimaxH3MaxReferenceToVideoAspectRatio,
    check_minimax_h3_max_reference_to_video_aspect_ratio,
)
from ..models.minimax_h3_max_reference_to_video_quality import (
    MinimaxH3MaxReferenceToVideoQuality,
    check_minimax_h3_max_reference_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="MinimaxH3MaxReferenceToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MinimaxH3MaxReferenceToVideo:
    """Creates a video from reference images, videos and sounds.

    Attributes:
        model (Literal['minimax-h3-max-reference-to-video']): The id of the model. Default: 'minimax-h3-max-reference-
            to-video'.
        prompt (str): The description of the video, 1 to 7000 characters.
        image_urls (list[str] | Unset): URLs of at most nine reference images. The prompt calls them Image 1, Image 2
            and so on.
        video_urls (list[str] | Unset): URLs of at most three reference videos. The prompt calls them Video 1, Video 2
            and so on.
        audio_urls (list[str] | Unset): URLs of at most three reference sounds. The prompt calls them Audio 1, Audio 2
            and so on.
        duration (int | Unset): The length of the video in whole seconds, 5 to 15. The default is 5.
        quality (MinimaxH3MaxReferenceToVideoQuality | Unset): The resolution of the video. The default is 768p.
        aspect_ratio (MinimaxH3MaxReferenceToVideoAspectRatio | Unset): The ratio of width to height. The default is
            adaptive.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["minimax-h3-max-reference-to-video"] = (
        "minimax-h3-max-reference-to-video"
    )
    image_urls: list[str] | Unset = UNSET
    video_urls: list[str] | Unset = UNSET
    audio_urls: list[str] | Unset = UNSET
    duration: int | Unset = UNSET
    quality: MinimaxH3MaxReferenceToVideoQuality | Unset = UNSET
    aspect_ratio: MinimaxH3MaxReferenceToVideoAspectRatio | Unset = UNSET
    callback_url: str | Unset = UNSET

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

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}

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
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["minimax-h3-max-reference-to-video"], d.pop("model"))
        if model != "minimax-h3-max-reference-to-video":
            raise ValueError(
                f"model must match const 'minimax-h3-max-reference-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        video_urls = cast(list[str], d.pop("video_urls", UNSET))

        audio_urls = cast(list[str], d.pop("audio_urls", UNSET))

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: MinimaxH3MaxReferenceToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_minimax_h3_max_reference_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: MinimaxH3MaxReferenceToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_minimax_h3_max_reference_to_video_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        minimax_h3_max_reference_to_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            video_urls=video_urls,
            audio_urls=audio_urls,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        return minimax_h3_max_reference_to_video
