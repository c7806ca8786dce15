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

from ..models.kling_o3_video_edit_quality import (
    KlingO3VideoEditQuality,
    check_kling_o3_video_edit_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_o3_video_edit_model_params import KlingO3VideoEditModelParams


T = TypeVar("T", bound="KlingO3VideoEdit")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO3VideoEdit:
    """Creates an edited copy of a video.

    Attributes:
        model (Literal['kling-o3-video-edit']): The id of the model. Default: 'kling-o3-video-edit'.
        video_url (str): The URL of the video to edit. The prompt refers to it as <<<video_1>>>.
        prompt (str | Unset): The description of the video, of at most 2500 characters.
        keep_original_sound (bool | Unset): Whether the video keeps the sound of the given one. The default is true.
        image_urls (list[str] | Unset): URLs of reference images. The prompt refers to them as <<<image_1>>>,
            <<<image_2>>> and so on.
        quality (KlingO3VideoEditQuality | Unset): The resolution of the video. The default is 720p.
        model_params (KlingO3VideoEditModelParams | Unset): Settings of the model.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    video_url: str
    model: Literal["kling-o3-video-edit"] = "kling-o3-video-edit"
    prompt: str | Unset = UNSET
    keep_original_sound: bool | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    quality: KlingO3VideoEditQuality | Unset = UNSET
    model_params: KlingO3VideoEditModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        video_url = self.video_url

        prompt = self.prompt

        keep_original_sound = self.keep_original_sound

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

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
                "video_url": video_url,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if keep_original_sound is not UNSET:
            field_dict["keep_original_sound"] = keep_original_sound
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
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
        model = cast(Literal["kling-o3-video-edit"], d.pop("model"))
        if model != "kling-o3-video-edit":
            raise ValueError(
                f"model must match const 'kling-o3-video-edit', got '{model}'"
            )

        video_url = d.pop("video_url")

        prompt = d.pop("prompt", UNSET)

        keep_original_sound = d.pop("keep_original_sound", UNSET)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: KlingO3VideoEditQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_kling_o3_video_edit_quality(_quality)

        _model_params = d.pop("model_params", UNSET)
        model_params: KlingO3VideoEditModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = KlingO3VideoEditModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        kling_o3_video_edit = cls(
            model=model,
            video_url=video_url,
            prompt=prompt,
            keep_original_sound=keep_original_sound,
            image_urls=image_urls,
            quality=quality,
            model_params=model_params,
            callback_url=callback_url,
        )

        kling_o3_video_edit.additional_properties = d
        return kling_o3_video_edit

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
    from ..models.kling_o3_video_edit_model_params import KlingO3VideoEditModelParams
