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

from ..models.mini_max_hailuo_23_duration import (
    MiniMaxHailuo23Duration,
    check_mini_max_hailuo_23_duration,
)
from ..models.mini_max_hailuo_23_quality import (
    MiniMaxHailuo23Quality,
    check_mini_max_hailuo_23_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mini_max_hailuo_23_model_params import MiniMaxHailuo23ModelParams


T = TypeVar("T", bound="MiniMaxHailuo23")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MiniMaxHailuo23:
    """Creates a video from a prompt, and optionally from its first frame.

    Attributes:
        model (Literal['MiniMax-Hailuo-2.3']): The id of the model. Default: 'MiniMax-Hailuo-2.3'.
        prompt (str): The description of the video, of at most 2000 characters. It may have commands for the camera in
            brackets. At most three commands in one pair of brackets are advised.
        image_urls (list[str] | Unset): The first frame, as a list of at most one URL. Without it, the video is created
            from the prompt alone.
        quality (MiniMaxHailuo23Quality | Unset): The resolution of the video. A video of 10 seconds cannot have 1080p.
            The default is 768p.
        duration (MiniMaxHailuo23Duration | Unset): The length of the video in seconds, 6 or 10. The default is 6.
        model_params (MiniMaxHailuo23ModelParams | Unset): Further settings.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["MiniMax-Hailuo-2.3"] = "MiniMax-Hailuo-2.3"
    image_urls: list[str] | Unset = UNSET
    quality: MiniMaxHailuo23Quality | Unset = UNSET
    duration: MiniMaxHailuo23Duration | Unset = UNSET
    model_params: MiniMaxHailuo23ModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        duration: int | Unset = UNSET
        if not isinstance(self.duration, Unset):
            duration = self.duration

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
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if quality is not UNSET:
            field_dict["quality"] = quality
        if duration is not UNSET:
            field_dict["duration"] = duration
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["MiniMax-Hailuo-2.3"], d.pop("model"))
        if model != "MiniMax-Hailuo-2.3":
            raise ValueError(
                f"model must match const 'MiniMax-Hailuo-2.3', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: MiniMaxHailuo23Quality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_mini_max_hailuo_23_quality(_quality)

        _duration = d.pop("duration", UNSET)
        duration: MiniMaxHailuo23Duration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_mini_max_hailuo_23_duration(_duration)

        _model_params = d.pop("model_params", UNSET)
        model_params: MiniMaxHailuo23ModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = MiniMaxHailuo23ModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        mini_max_hailuo_23 = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            quality=quality,
            duration=duration,
            model_params=model_params,
            callback_url=callback_url,
        )

        mini_max_hailuo_23.additional_properties = d
        return mini_max_hailuo_23

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
    from ..models.mini_max_hailuo_23_model_params import MiniMaxHailuo23ModelParams
