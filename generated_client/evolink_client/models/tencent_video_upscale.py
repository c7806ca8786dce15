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

from ..models.tencent_video_upscale_mode import (
    TencentVideoUpscaleMode,
    check_tencent_video_upscale_mode,
)
from ..models.tencent_video_upscale_quality import (
    TencentVideoUpscaleQuality,
    check_tencent_video_upscale_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.tencent_video_upscale_model_params import (
        TencentVideoUpscaleModelParams,
    )


T = TypeVar("T", bound="TencentVideoUpscale")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class TencentVideoUpscale:
    """Raises the resolution of a video, and improves its picture.

    Attributes:
        model (Literal['tencent-video-upscale']): The id of the model. Default: 'tencent-video-upscale'.
        video_urls (list[str]): The video, as a list of exactly one URL. Its resolution is not above that of the result.
        mode (TencentVideoUpscaleMode | Unset): The kind of picture and of improvement. The default is realistic.
        quality (TencentVideoUpscaleQuality | Unset): The resolution of the result, which is a short side of 720, 1080,
            1440 or 2160 pixels. The default is 1080p.
        model_params (TencentVideoUpscaleModelParams | Unset): Settings of the model.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    video_urls: list[str]
    model: Literal["tencent-video-upscale"] = "tencent-video-upscale"
    mode: TencentVideoUpscaleMode | Unset = UNSET
    quality: TencentVideoUpscaleQuality | Unset = UNSET
    model_params: TencentVideoUpscaleModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        video_urls = self.video_urls

        mode: str | Unset = UNSET
        if not isinstance(self.mode, Unset):
            mode = self.mode

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

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
        if mode is not UNSET:
            field_dict["mode"] = mode
        if quality is not UNSET:
            field_dict["quality"] = quality
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["tencent-video-upscale"], d.pop("model"))
        if model != "tencent-video-upscale":
            raise ValueError(
                f"model must match const 'tencent-video-upscale', got '{model}'"
            )

        video_urls = cast(list[str], d.pop("video_urls"))

        _mode = d.pop("mode", UNSET)
        mode: TencentVideoUpscaleMode | Unset
        if isinstance(_mode, Unset):
            mode = UNSET
        else:
            mode = check_tencent_video_upscale_mode(_mode)

        _quality = d.pop("quality", UNSET)
        quality: TencentVideoUpscaleQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_tencent_video_upscale_quality(_quality)

        _model_params = d.pop("model_params", UNSET)
        model_params: TencentVideoUpscaleModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = TencentVideoUpscaleModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        tencent_video_upscale = cls(
            model=model,
            video_urls=video_urls,
            mode=mode,
            quality=quality,
            model_params=model_params,
            callback_url=callback_url,
        )

        tencent_video_upscale.additional_properties = d
        return tencent_video_upscale

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
    from ..models.tencent_video_upscale_model_params import (
        TencentVideoUpscaleModelParams,
    )
