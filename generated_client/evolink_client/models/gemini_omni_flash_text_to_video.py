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

from ..models.gemini_omni_flash_text_to_video_aspect_ratio import (
    GeminiOmniFlashTextToVideoAspectRatio,
    check_gemini_omni_flash_text_to_video_aspect_ratio,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GeminiOmniFlashTextToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GeminiOmniFlashTextToVideo:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['gemini-omni-flash-text-to-video']): The id of the model. Default: 'gemini-omni-flash-text-to-
            video'.
        prompt (str): The description of the video.
        duration (int | Literal['auto'] | Unset): The length of the video in whole seconds, 3 to 10, or auto to let the
            model choose. The default is 10.
        aspect_ratio (GeminiOmniFlashTextToVideoAspectRatio | Unset): The ratio of width to height. The default is 16:9.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["gemini-omni-flash-text-to-video"] = (
        "gemini-omni-flash-text-to-video"
    )
    duration: int | Literal["auto"] | Unset = UNSET
    aspect_ratio: GeminiOmniFlashTextToVideoAspectRatio | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        duration: int | Literal["auto"] | Unset
        if isinstance(self.duration, Unset):
            duration = UNSET
        else:
            duration = self.duration

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

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
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["gemini-omni-flash-text-to-video"], d.pop("model"))
        if model != "gemini-omni-flash-text-to-video":
            raise ValueError(
                f"model must match const 'gemini-omni-flash-text-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        def _parse_duration(data: object) -> int | Literal["auto"] | Unset:
            if isinstance(data, Unset):
                return data
            duration_type_1 = cast(Literal["auto"], data)
            if duration_type_1 != "auto":
                raise ValueError(
                    f"duration_type_1 must match const 'auto', got '{duration_type_1}'"
                )
            return duration_type_1
            return cast(int | Literal["auto"] | Unset, data)

        duration = _parse_duration(d.pop("duration", UNSET))

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: GeminiOmniFlashTextToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_gemini_omni_flash_text_to_video_aspect_ratio(
                _aspect_ratio
            )

        callback_url = d.pop("callback_url", UNSET)

        gemini_omni_flash_text_to_video = cls(
            model=model,
            prompt=prompt,
            duration=duration,
            aspect_ratio=aspect_ratio,
            callback_url=callback_url,
        )

        gemini_omni_flash_text_to_video.additional_properties = d
        return gemini_omni_flash_text_to_video

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
