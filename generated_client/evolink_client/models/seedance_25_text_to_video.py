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

from ..models.seedance_25_text_to_video_aspect_ratio import (
    Seedance25TextToVideoAspectRatio,
    check_seedance_25_text_to_video_aspect_ratio,
)
from ..models.seedance_25_text_to_video_output_format import (
    Seedance25TextToVideoOutputFormat,
    check_seedance_25_text_to_video_output_format,
)
from ..models.seedance_25_text_to_video_quality import (
    Seedance25TextToVideoQuality,
    check_seedance_25_text_to_video_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.seedance_25_text_to_video_model_params import (
        Seedance25TextToVideoModelParams,
    )


T = TypeVar("T", bound="Seedance25TextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Seedance25TextToVideo:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['seedance-2.5-text-to-video']): The id of the model. Default: 'seedance-2.5-text-to-video'.
        prompt (str): The description of the video, of at most 10000 tokens.
        duration (int | Unset): The length of the video in whole seconds, 4 to 30, or -1 to let the model choose. Then
            the real length is billed. The default is 5.
        quality (Seedance25TextToVideoQuality | Unset): The resolution of the video. A draft has 480p. The default is
            720p.
        draft (bool | Unset): Whether the video is a draft of 480p, from which the final video can be created within 24
            hours. Both are billed. The default is false.
        aspect_ratio (Seedance25TextToVideoAspectRatio | Unset): The ratio of width to height. The default is adaptive.
        generate_audio (bool | Unset): Whether the video has sound, which costs the same. The default is true.
        content_filter (bool | Unset): Whether contents are filtered. A video without the filter costs more. The default
            is true.
        output_format (Seedance25TextToVideoOutputFormat | Unset): The format of the video. Both cost the same. The
            default is mp4.
        model_params (Seedance25TextToVideoModelParams | Unset): Further settings.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["seedance-2.5-text-to-video"] = "seedance-2.5-text-to-video"
    duration: int | Unset = UNSET
    quality: Seedance25TextToVideoQuality | Unset = UNSET
    draft: bool | Unset = UNSET
    aspect_ratio: Seedance25TextToVideoAspectRatio | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    content_filter: bool | Unset = UNSET
    output_format: Seedance25TextToVideoOutputFormat | Unset = UNSET
    model_params: Seedance25TextToVideoModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        draft = self.draft

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        generate_audio = self.generate_audio

        content_filter = self.content_filter

        output_format: str | Unset = UNSET
        if not isinstance(self.output_format, Unset):
            output_format = self.output_format

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
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if draft is not UNSET:
            field_dict["draft"] = draft
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if content_filter is not UNSET:
            field_dict["content_filter"] = content_filter
        if output_format is not UNSET:
            field_dict["output_format"] = output_format
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["seedance-2.5-text-to-video"], d.pop("model"))
        if model != "seedance-2.5-text-to-video":
            raise ValueError(
                f"model must match const 'seedance-2.5-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Seedance25TextToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_seedance_25_text_to_video_quality(_quality)

        draft = d.pop("draft", UNSET)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Seedance25TextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_seedance_25_text_to_video_aspect_ratio(_aspect_ratio)

        generate_audio = d.pop("generate_audio", UNSET)

        content_filter = d.pop("content_filter", UNSET)

        _output_format = d.pop("output_format", UNSET)
        output_format: Seedance25TextToVideoOutputFormat | Unset
        if isinstance(_output_format, Unset):
            output_format = UNSET
        else:
            output_format = check_seedance_25_text_to_video_output_format(
                _output_format
            )

        _model_params = d.pop("model_params", UNSET)
        model_params: Seedance25TextToVideoModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = Seedance25TextToVideoModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        seedance_25_text_to_video = cls(
            model=model,
            prompt=prompt,
            duration=duration,
            quality=quality,
            draft=draft,
            aspect_ratio=aspect_ratio,
            generate_audio=generate_audio,
            content_filter=content_filter,
            output_format=output_format,
            model_params=model_params,
            callback_url=callback_url,
        )

        seedance_25_text_to_video.additional_properties = d
        return seedance_25_text_to_video

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
    from ..models.seedance_25_text_to_video_model_params import (
        Seedance25TextToVideoModelParams,
    )
