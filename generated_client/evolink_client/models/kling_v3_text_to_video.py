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

from ..models.kling_v3_text_to_video_aspect_ratio import (
    KlingV3TextToVideoAspectRatio,
    check_kling_v3_text_to_video_aspect_ratio,
)
from ..models.kling_v3_text_to_video_quality import (
    KlingV3TextToVideoQuality,
    check_kling_v3_text_to_video_quality,
)
from ..models.kling_v3_text_to_video_sound import (
    KlingV3TextToVideoSound,
    check_kling_v3_text_to_video_sound,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_v3_text_to_video_model_params import (
        KlingV3TextToVideoModelParams,
    )


T = TypeVar("T", bound="KlingV3TextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingV3TextToVideo:
    """Creates a video from a prompt or from several shots.

    Attributes:
        model (Literal['kling-v3-text-to-video']): The id of the model. Default: 'kling-v3-text-to-video'.
        prompt (str): The description of the video, of at most 2500 characters. It may be empty with customized shots.
        negative_prompt (str | Unset): What the video must not show.
        duration (int | Unset): The length of the video in whole seconds, 3 to 15. The default is 5.
        aspect_ratio (KlingV3TextToVideoAspectRatio | Unset): The ratio of width to height.
        quality (KlingV3TextToVideoQuality | Unset): The resolution of the video. The default is 720p.
        sound (KlingV3TextToVideoSound | Unset): Whether the video has sound, as the word on or off. The default is off.
        model_params (KlingV3TextToVideoModelParams | Unset): Settings of the model.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["kling-v3-text-to-video"] = "kling-v3-text-to-video"
    negative_prompt: str | Unset = UNSET
    duration: int | Unset = UNSET
    aspect_ratio: KlingV3TextToVideoAspectRatio | Unset = UNSET
    quality: KlingV3TextToVideoQuality | Unset = UNSET
    sound: KlingV3TextToVideoSound | Unset = UNSET
    model_params: KlingV3TextToVideoModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        negative_prompt = self.negative_prompt

        duration = self.duration

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        sound: str | Unset = UNSET
        if not isinstance(self.sound, Unset):
            sound = self.sound

        model_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.model_params, Unset):
            model_params = self.model_params.to_dict()

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if duration is not UNSET:
            field_dict["duration"] = duration
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if quality is not UNSET:
            field_dict["quality"] = quality
        if sound is not UNSET:
            field_dict["sound"] = sound
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["kling-v3-text-to-video"], d.pop("model"))
        if model != "kling-v3-text-to-video":
            raise ValueError(
                f"model must match const 'kling-v3-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        negative_prompt = d.pop("negative_prompt", UNSET)

        duration = d.pop("duration", UNSET)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: KlingV3TextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_kling_v3_text_to_video_aspect_ratio(_aspect_ratio)

        _quality = d.pop("quality", UNSET)
        quality: KlingV3TextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_kling_v3_text_to_video_quality(_quality)

        _sound = d.pop("sound", UNSET)
        sound: KlingV3TextToVideoSound | Unset
        if isinstance(_sound, Unset):
            sound = UNSET
        else:
            sound = check_kling_v3_text_to_video_sound(_sound)

        _model_params = d.pop("model_params", UNSET)
        model_params: KlingV3TextToVideoModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = KlingV3TextToVideoModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        kling_v3_text_to_video = cls(
            model=model,
            prompt=prompt,
            negative_prompt=negative_prompt,
            duration=duration,
            aspect_ratio=aspect_ratio,
            quality=quality,
            sound=sound,
            model_params=model_params,
            callback_url=callback_url,
        )

        kling_v3_text_to_video.additional_properties = d
        return kling_v3_text_to_video

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
    from ..models.kling_v3_text_to_video_model_params import (
        KlingV3TextToVideoModelParams,
    )
