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

from ..models.minimax_h3_image_to_video_quality import (
    MinimaxH3ImageToVideoQuality,
    check_minimax_h3_image_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="MinimaxH3ImageToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MinimaxH3ImageToVideo:
    """Creates a video from its first frame, its last frame or both.

    Attributes:
        model (Literal['minimax-h3-image-to-video']): The id of the model. Default: 'minimax-h3-image-to-video'.
        prompt (str): The description of the video, 1 to 7000 characters.
        image_start (str | Unset): The URL of the first frame.
        image_end (str | Unset): The URL of the last frame.
        duration (int | Unset): The length of the video in whole seconds, 4 to 15. The default is 4.
        quality (MinimaxH3ImageToVideoQuality | Unset): The resolution of the video. The default is 768p.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["minimax-h3-image-to-video"] = "minimax-h3-image-to-video"
    image_start: str | Unset = UNSET
    image_end: str | Unset = UNSET
    duration: int | Unset = UNSET
    quality: MinimaxH3ImageToVideoQuality | Unset = UNSET
    callback_url: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_start = self.image_start

        image_end = self.image_end

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if image_start is not UNSET:
            field_dict["image_start"] = image_start
        if image_end is not UNSET:
            field_dict["image_end"] = image_end
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["minimax-h3-image-to-video"], d.pop("model"))
        if model != "minimax-h3-image-to-video":
            raise ValueError(
                f"model must match const 'minimax-h3-image-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_start = d.pop("image_start", UNSET)

        image_end = d.pop("image_end", UNSET)

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: MinimaxH3ImageToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_minimax_h3_image_to_video_quality(_quality)

        callback_url = d.pop("callback_url", UNSET)

        minimax_h3_image_to_video = cls(
            model=model,
            prompt=prompt,
            image_start=image_start,
            image_end=image_end,
            duration=duration,
            quality=quality,
            callback_url=callback_url,
        )

        return minimax_h3_image_to_video
