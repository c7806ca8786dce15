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

from ..models.mini_max_hailuo_02_duration import (
    MiniMaxHailuo02Duration,
    check_mini_max_hailuo_02_duration,
)
from ..models.mini_max_hailuo_02_quality import (
    MiniMaxHailuo02Quality,
    check_mini_max_hailuo_02_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mini_max_hailuo_02_model_params import MiniMaxHailuo02ModelParams


T = TypeVar("T", bound="MiniMaxHailuo02")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MiniMaxHailuo02:
    """Creates a video from a prompt, from its first frame, or from its first and last frame.

    Attributes:
        model (Literal['MiniMax-Hailuo-02']): The id of the model. Default: 'MiniMax-Hailuo-02'.
        prompt (str | Unset): The description of the video, of at most 2000 characters. It may have commands for the
            camera in brackets. At most three commands in one pair of brackets are advised.
        image_urls (list[str] | Unset): The first frame, or the first and the last frame, as a list of at most two URLs.
            The last frame is cropped to the size of the first. Without them, the video is created from the prompt alone.
        quality (MiniMaxHailuo02Quality | Unset): The resolution of the video. 512p needs exactly one image. A video of
            10 seconds cannot have 1080p. The default is 768p.
        duration (MiniMaxHailuo02Duration | Unset): The length of the video in seconds, 6 or 10. The default is 6.
        model_params (MiniMaxHailuo02ModelParams | Unset): Further settings.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    model: Literal["MiniMax-Hailuo-02"] = "MiniMax-Hailuo-02"
    prompt: str | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    quality: MiniMaxHailuo02Quality | Unset = UNSET
    duration: MiniMaxHailuo02Duration | Unset = UNSET
    model_params: MiniMaxHailuo02ModelParams | Unset = UNSET
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
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
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
        model = cast(Literal["MiniMax-Hailuo-02"], d.pop("model"))
        if model != "MiniMax-Hailuo-02":
            raise ValueError(
                f"model must match const 'MiniMax-Hailuo-02', got '{model}'"
            )

        prompt = d.pop("prompt", UNSET)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: MiniMaxHailuo02Quality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_mini_max_hailuo_02_quality(_quality)

        _duration = d.pop("duration", UNSET)
        duration: MiniMaxHailuo02Duration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_mini_max_hailuo_02_duration(_duration)

        _model_params = d.pop("model_params", UNSET)
        model_params: MiniMaxHailuo02ModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = MiniMaxHailuo02ModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        mini_max_hailuo_02 = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            quality=quality,
            duration=duration,
            model_params=model_params,
            callback_url=callback_url,
        )

        mini_max_hailuo_02.additional_properties = d
        return mini_max_hailuo_02

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
    from ..models.mini_max_hailuo_02_model_params import MiniMaxHailuo02ModelParams
