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

from ..models.wan_26_reference_video_flash_aspect_ratio import (
    Wan26ReferenceVideoFlashAspectRatio,
    check_wan_26_reference_video_flash_aspect_ratio,
)
from ..models.wan_26_reference_video_flash_quality import (
    Wan26ReferenceVideoFlashQuality,
    check_wan_26_reference_video_flash_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wan_26_reference_video_flash_model_params import (
        Wan26ReferenceVideoFlashModelParams,
    )


T = TypeVar("T", bound="Wan26ReferenceVideoFlash")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan26ReferenceVideoFlash:
    """Creates a video whose characters look and sound as in one to three reference videos.

    Attributes:
        model (Literal['wan2.6-reference-video-flash']): The id of the model. Default: 'wan2.6-reference-video-flash'.
        prompt (str): The description of the video, of at most 1500 characters.
        video_urls (list[str]): One to three URLs of reference videos. The length of each video is billed up to a cap,
            which is lower if there are more videos.
        aspect_ratio (Wan26ReferenceVideoFlashAspectRatio | Unset): The ratio of width to height. Both qualities support
            the same five ratios. The default is 16:9.
        quality (Wan26ReferenceVideoFlashQuality | Unset): The resolution of the video. 1080p costs more. The default is
            720p.
        duration (int | Unset): The length of the video in whole seconds, 2 to 10. Credits are reserved for this length
            and settled for the length that is produced. No default is documented.
        model_params (Wan26ReferenceVideoFlashModelParams | Unset): Settings that only this model has.
        generate_audio (bool | Unset): Whether the video has sound, which costs more. The default is true.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    video_urls: list[str]
    model: Literal["wan2.6-reference-video-flash"] = "wan2.6-reference-video-flash"
    aspect_ratio: Wan26ReferenceVideoFlashAspectRatio | Unset = UNSET
    quality: Wan26ReferenceVideoFlashQuality | Unset = UNSET
    duration: int | Unset = UNSET
    model_params: Wan26ReferenceVideoFlashModelParams | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        video_urls = self.video_urls

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration = self.duration

        model_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.model_params, Unset):
            model_params = self.model_params.to_dict()

        generate_audio = self.generate_audio

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
                "video_urls": video_urls,
            }
        )
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if quality is not UNSET:
            field_dict["quality"] = quality
        if duration is not UNSET:
            field_dict["duration"] = duration
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.6-reference-video-flash"], d.pop("model"))
        if model != "wan2.6-reference-video-flash":
            raise ValueError(
                f"model must match const 'wan2.6-reference-video-flash', got '{model}'"
            )

        prompt = d.pop("prompt")

        video_urls = cast(list[str], d.pop("video_urls"))

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan26ReferenceVideoFlashAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_26_reference_video_flash_aspect_ratio(
                _aspect_ratio
            )

        _quality = d.pop("quality", UNSET)
        quality: Wan26ReferenceVideoFlashQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_26_reference_video_flash_quality(_quality)

        duration = d.pop("duration", UNSET)

        _model_params = d.pop("model_params", UNSET)
        model_params: Wan26ReferenceVideoFlashModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = Wan26ReferenceVideoFlashModelParams.from_dict(_model_params)

        generate_audio = d.pop("generate_audio", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_26_reference_video_flash = cls(
            model=model,
            prompt=prompt,
            video_urls=video_urls,
            aspect_ratio=aspect_ratio,
            quality=quality,
            duration=duration,
            model_params=model_params,
            generate_audio=generate_audio,
            callback_url=callback_url,
        )

        wan_26_reference_video_flash.additional_properties = d
        return wan_26_reference_video_flash

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
    from ..models.wan_26_reference_video_flash_model_params import (
        Wan26ReferenceVideoFlashModelParams,
    )
