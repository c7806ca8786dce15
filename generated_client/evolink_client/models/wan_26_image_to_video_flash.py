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

from ..models.wan_26_image_to_video_flash_quality import (
    Wan26ImageToVideoFlashQuality,
    check_wan_26_image_to_video_flash_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wan_26_image_to_video_flash_model_params import (
        Wan26ImageToVideoFlashModelParams,
    )


T = TypeVar("T", bound="Wan26ImageToVideoFlash")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan26ImageToVideoFlash:
    """Creates a video, faster, from a prompt and one image, which becomes the first frame.

    Attributes:
        model (Literal['wan2.6-image-to-video-flash']): The id of the model. Default: 'wan2.6-image-to-video-flash'.
        prompt (str): The description of the video, of at most 1500 characters.
        image_urls (list[str]): The first frame, as a list of exactly one image URL.
        quality (Wan26ImageToVideoFlashQuality | Unset): The resolution of the video. The default is 720p.
        duration (int | Unset): The length of the video in whole seconds. Credits are reserved for this length and
            settled for the length that is produced. No default is documented.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        model_params (Wan26ImageToVideoFlashModelParams | Unset): Further settings.
        audio_url (str | Unset): The URL of the sound. It is cut to the length of the video, and the rest of a longer
            video is silent.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
        generate_audio (bool | Unset): Whether the video has sound, which costs more. The default is true.
    """

    prompt: str
    image_urls: list[str]
    model: Literal["wan2.6-image-to-video-flash"] = "wan2.6-image-to-video-flash"
    quality: Wan26ImageToVideoFlashQuality | Unset = UNSET
    duration: int | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    model_params: Wan26ImageToVideoFlashModelParams | Unset = UNSET
    audio_url: str | Unset = UNSET
    callback_url: str | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls = self.image_urls

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

        generate_audio = self.generate_audio

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
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
        if prompt_extend is not UNSET:
            field_dict["prompt_extend"] = prompt_extend
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if audio_url is not UNSET:
            field_dict["audio_url"] = audio_url
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.6-image-to-video-flash"], d.pop("model"))
        if model != "wan2.6-image-to-video-flash":
            raise ValueError(
                f"model must match const 'wan2.6-image-to-video-flash', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls"))

        _quality = d.pop("quality", UNSET)
        quality: Wan26ImageToVideoFlashQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_26_image_to_video_flash_quality(_quality)

        duration = d.pop("duration", UNSET)

        prompt_extend = d.pop("prompt_extend", UNSET)

        _model_params = d.pop("model_params", UNSET)
        model_params: Wan26ImageToVideoFlashModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = Wan26ImageToVideoFlashModelParams.from_dict(_model_params)

        audio_url = d.pop("audio_url", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        generate_audio = d.pop("generate_audio", UNSET)

        wan_26_image_to_video_flash = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            quality=quality,
            duration=duration,
            prompt_extend=prompt_extend,
            model_params=model_params,
            audio_url=audio_url,
            callback_url=callback_url,
            generate_audio=generate_audio,
        )

        wan_26_image_to_video_flash.additional_properties = d
        return wan_26_image_to_video_flash

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
    from ..models.wan_26_image_to_video_flash_model_params import (
        Wan26ImageToVideoFlashModelParams,
    )
