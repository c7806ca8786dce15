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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.topaz_video_upscale_model_params import TopazVideoUpscaleModelParams


T = TypeVar("T", bound="TopazVideoUpscale")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class TopazVideoUpscale:
    """Raises the resolution of a video.

    Attributes:
        model (Literal['topaz-video-upscale']): The id of the model. Default: 'topaz-video-upscale'.
        video_urls (list[str]): The video, as a list of exactly one URL.
        model_params (TopazVideoUpscaleModelParams | Unset): Settings of the model.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    video_urls: list[str]
    model: Literal["topaz-video-upscale"] = "topaz-video-upscale"
    model_params: TopazVideoUpscaleModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        video_urls = self.video_urls

        model_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.model_params, Unset):
            model_params = self.model_params.to_dict()

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "video_urls": video_urls,
            }
        )
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["topaz-video-upscale"], d.pop("model"))
        if model != "topaz-video-upscale":
            raise ValueError(
                f"model must match const 'topaz-video-upscale', got '{model}'"
            )

        video_urls = cast(list[str], d.pop("video_urls"))

        _model_params = d.pop("model_params", UNSET)
        model_params: TopazVideoUpscaleModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = TopazVideoUpscaleModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        topaz_video_upscale = cls(
            model=model,
            video_urls=video_urls,
            model_params=model_params,
            callback_url=callback_url,
        )

        topaz_video_upscale.additional_properties = d
        return topaz_video_upscale

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
    from ..models.topaz_video_upscale_model_params import TopazVideoUpscaleModelParams
