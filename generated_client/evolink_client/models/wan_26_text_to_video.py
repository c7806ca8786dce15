from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.wan_26_text_to_video_aspect_ratio import (
    Wan26TextToVideoAspectRatio,
    check_wan_26_text_to_video_aspect_ratio,
)
from ..models.wan_26_text_to_video_quality import (
    Wan26TextToVideoQuality,
    check_wan_26_text_to_video_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wan_26_text_to_video_model_params import Wan26TextToVideoModelParams


T = TypeVar("T", bound="Wan26TextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan26TextToVideo:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['wan2.6-text-to-video']): The id of the model. Default: 'wan2.6-text-to-video'.
        prompt (str): The description of the video, of at most 1500 characters.
        aspect_ratio (Wan26TextToVideoAspectRatio | Unset): The ratio of width to height. The default is 16:9.
        quality (Wan26TextToVideoQuality | Unset): The resolution of the video. The default is 720p.
        duration (int | Unset): The length of the video in whole seconds. Credits are reserved for this length and
            settled for the length that is produced. No default is documented.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        model_params (Wan26TextToVideoModelParams | Unset): Further settings.
        audio_url (str | Unset): The URL of the sound. It is cut to the length of the video, and the rest of a longer
            video is silent.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["wan2.6-text-to-video"] = "wan2.6-text-to-video"
    aspect_ratio: Wan26TextToVideoAspectRatio | Unset = UNSET
    quality: Wan26TextToVideoQuality | Unset = UNSET
    duration: int | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    model_params: Wan26TextToVideoModelParams | Unset = UNSET
    audio_url: str | Unset = UNSET
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

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration = self.duration

        prompt_extend = self.prompt_extend

        model_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.model_params, Unset):
            model_params = self.model_params.to_dict()

        audio_url = self.audio_url

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
        if quality is not UNSET:
            field_dict["quality"] = quality
        if duration is not UNSET:
            field_dict["duration"] = duration
        if prompt_extend is not UNSET:
            field_dict["prompt_extend"] = prompt_extend
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if audio_url is not UNSET:
            field_dict["audio_url"] = audio_url
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.6-text-to-video"], d.pop("model"))
        if model != "wan2.6-text-to-video":
            raise ValueError(
                f"model must match const 'wan2.6-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan26TextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_26_text_to_video_aspect_ratio(_aspect_ratio)

        _quality = d.pop("quality", UNSET)
        quality: Wan26TextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_26_text_to_video_quality(_quality)

        duration = d.pop("duration", UNSET)

        prompt_extend = d.pop("prompt_extend", UNSET)

        _model_params = d.pop("model_params", UNSET)
        model_params: Wan26TextToVideoModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = Wan26TextToVideoModelParams.from_dict(_model_params)

        audio_url = d.pop("audio_url", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_26_text_to_video = cls(
            model=model,
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            quality=quality,
            duration=duration,
            prompt_extend=prompt_extend,
            model_params=model_params,
            audio_url=audio_url,
            callback_url=callback_url,
        )

        wan_26_text_to_video.additional_properties = d
        return wan_26_text_to_video

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


if not TYPE_CHECKING:
    from ..models.wan_26_text_to_video_model_params import Wan26TextToVideoModelParams
