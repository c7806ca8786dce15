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

from ..models.minimax_h3_max_turbo_text_to_video_aspect_ratio import (
    MinimaxH3MaxTurboTextToVideoAspectRatio,
    check_minimax_h3_max_turbo_text_to_video_aspect_ratio,
)
from ..models.minimax_h3_max_turbo_text_to_video_quality import (
    MinimaxH3MaxTurboTextToVideoQuality,
    check_minimax_h3_max_turbo_text_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="MinimaxH3MaxTurboTextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MinimaxH3MaxTurboTextToVideo:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['minimax-h3-max-turbo-text-to-video']): The id of the model. Default: 'minimax-h3-max-turbo-text-
            to-video'.
        prompt (str): The description of the video, 1 to 7000 characters.
        duration (int | Unset): The length of the video in whole seconds, 5 to 15. The default is 5.
        quality (MinimaxH3MaxTurboTextToVideoQuality | Unset): The resolution of the video. The default is 768p.
        aspect_ratio (MinimaxH3MaxTurboTextToVideoAspectRatio | Unset): The ratio of width to height. The default is
            16:9.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["minimax-h3-max-turbo-text-to-video"] = (
        "minimax-h3-max-turbo-text-to-video"
    )
    duration: int | Unset = UNSET
    quality: MinimaxH3MaxTurboTextToVideoQuality | Unset = UNSET
    aspect_ratio: MinimaxH3MaxTurboTextToVideoAspectRatio | Unset = UNSET
    callback_url: str | Unset = UNSET

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

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}

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
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["minimax-h3-max-turbo-text-to-video"], d.pop("model"))
        if model != "minimax-h3-max-turbo-text-to-video":
            raise ValueError(
                f"model must match const 'minimax-h3-max-turbo-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: MinimaxH3MaxTurboTextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_minimax_h3_max_turbo_text_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: MinimaxH3MaxTurboTextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_minimax_h3_max_turbo_text_to_video_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        minimax_h3_max_turbo_text_to_video = cls(
            model=model,
            prompt=prompt,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        return minimax_h3_max_turbo_text_to_video
