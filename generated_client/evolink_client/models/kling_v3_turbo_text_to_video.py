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

from ..models.kling_v3_turbo_text_to_video_aspect_ratio import (
    KlingV3TurboTextToVideoAspectRatio,
    check_kling_v3_turbo_text_to_video_aspect_ratio,
)
from ..models.kling_v3_turbo_text_to_video_quality import (
    KlingV3TurboTextToVideoQuality,
    check_kling_v3_turbo_text_to_video_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="KlingV3TurboTextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingV3TurboTextToVideo:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['kling-v3-turbo-text-to-video']): The id of the model. Default: 'kling-v3-turbo-text-to-video'.
        prompt (str): The description of the video, of at most 2500 characters. It may contain up to six shots of at
            most 512 characters, whose lengths add up to the duration.
        quality (KlingV3TurboTextToVideoQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (KlingV3TurboTextToVideoAspectRatio | Unset): The ratio of width to height. The default is 16:9.
        duration (int | Unset): The length of the video in whole seconds, 3 to 15. The default is 5.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["kling-v3-turbo-text-to-video"] = "kling-v3-turbo-text-to-video"
    quality: KlingV3TurboTextToVideoQuality | Unset = UNSET
    aspect_ratio: KlingV3TurboTextToVideoAspectRatio | Unset = UNSET
    duration: int | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        duration = self.duration

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if duration is not UNSET:
            field_dict["duration"] = duration
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["kling-v3-turbo-text-to-video"], d.pop("model"))
        if model != "kling-v3-turbo-text-to-video":
            raise ValueError(
                f"model must match const 'kling-v3-turbo-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        _quality = d.pop("quality", UNSET)
        quality: KlingV3TurboTextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_kling_v3_turbo_text_to_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: KlingV3TurboTextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_kling_v3_turbo_text_to_video_aspect_ratio(
                _aspect_ratio
            )

        duration = d.pop("duration", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        kling_v3_turbo_text_to_video = cls(
            model=model,
            prompt=prompt,
            quality=quality,
            aspect_ratio=aspect_ratio,
            duration=duration,
            callback_url=callback_url,
        )

        kling_v3_turbo_text_to_video.additional_properties = d
        return kling_v3_turbo_text_to_video

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
