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

from ..models.mini_max_hailuo_23_fast_duration import (
    MiniMaxHailuo23FastDuration,
    check_mini_max_hailuo_23_fast_duration,
)
from ..models.mini_max_hailuo_23_fast_quality import (
    MiniMaxHailuo23FastQuality,
    check_mini_max_hailuo_23_fast_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mini_max_hailuo_23_fast_model_params import (
        MiniMaxHailuo23FastModelParams,
    )


T = TypeVar("T", bound="MiniMaxHailuo23Fast")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MiniMaxHailuo23Fast:
    """Creates a video, faster, from its first frame, and optionally from a prompt.

    Attributes:
        model (Literal['MiniMax-Hailuo-2.3-Fast']): The id of the model. Default: 'MiniMax-Hailuo-2.3-Fast'.
        image_urls (list[str]): The first frame, as a list of exactly one URL.
        prompt (str | Unset): The description of the video, of at most 2000 characters. It may have commands for the
            camera in brackets. At most three commands in one pair of brackets are advised.
        quality (MiniMaxHailuo23FastQuality | Unset): The resolution of the video. A video of 10 seconds cannot have
            1080p. The default is 768p.
        duration (MiniMaxHailuo23FastDuration | Unset): The length of the video in seconds, 6 or 10. The default is 6.
        model_params (MiniMaxHailuo23FastModelParams | Unset): Further settings.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    image_urls: list[str]
    model: Literal["MiniMax-Hailuo-2.3-Fast"] = "MiniMax-Hailuo-2.3-Fast"
    prompt: str | Unset = UNSET
    quality: MiniMaxHailuo23FastQuality | Unset = UNSET
    duration: MiniMaxHailuo23FastDuration | Unset = UNSET
    model_params: MiniMaxHailuo23FastModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        image_urls = self.image_urls

        prompt = self.prompt

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
                "image_urls": image_urls,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
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
        model = cast(Literal["MiniMax-Hailuo-2.3-Fast"], d.pop("model"))
        if model != "MiniMax-Hailuo-2.3-Fast":
            raise ValueError(
                f"model must match const 'MiniMax-Hailuo-2.3-Fast', got '{model}'"
            )

        image_urls = cast(list[str], d.pop("image_urls"))

        prompt = d.pop("prompt", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: MiniMaxHailuo23FastQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_mini_max_hailuo_23_fast_quality(_quality)

        _duration = d.pop("duration", UNSET)
        duration: MiniMaxHailuo23FastDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_mini_max_hailuo_23_fast_duration(_duration)

        _model_params = d.pop("model_params", UNSET)
        model_params: MiniMaxHailuo23FastModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = MiniMaxHailuo23FastModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        mini_max_hailuo_23_fast = cls(
            model=model,
            image_urls=image_urls,
            prompt=prompt,
            quality=quality,
            duration=duration,
            model_params=model_params,
            callback_url=callback_url,
        )

        mini_max_hailuo_23_fast.additional_properties = d
        return mini_max_hailuo_23_fast

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
    from ..models.mini_max_hailuo_23_fast_model_params import (
        MiniMaxHailuo23FastModelParams,
    )
