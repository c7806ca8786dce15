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

from ..models.kling_o3_reference_to_video_aspect_ratio import (
    KlingO3ReferenceToVideoAspectRatio,
    check_kling_o3_reference_to_video_aspect_ratio,
)
from ..models.kling_o3_reference_to_video_quality import (
    KlingO3ReferenceToVideoQuality,
    check_kling_o3_reference_to_video_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_o3_reference_to_video_model_params import (
        KlingO3ReferenceToVideoModelParams,
    )


T = TypeVar("T", bound="KlingO3ReferenceToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO3ReferenceToVideo:
    """Creates a video from a reference video, images and elements.

    Attributes:
        model (Literal['kling-o3-reference-to-video']): The id of the model. Default: 'kling-o3-reference-to-video'.
        prompt (str): The description of the video, of at most 2500 characters.
        video_url (str | Unset): The URL of the reference video. The prompt refers to it as <<<video_1>>>.
        keep_original_sound (bool | Unset): Whether the video keeps the sound of the given one. The default is true.
        image_urls (list[str] | Unset): URLs of reference images. The prompt refers to them as <<<image_1>>>,
            <<<image_2>>> and so on.
        duration (int | Unset): The length of the video in whole seconds, 3 to 10. The default is 5.
        aspect_ratio (KlingO3ReferenceToVideoAspectRatio | Unset): The ratio of width to height.
        quality (KlingO3ReferenceToVideoQuality | Unset): The resolution of the video. The default is 720p.
        model_params (KlingO3ReferenceToVideoModelParams | Unset): Settings of the model.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["kling-o3-reference-to-video"] = "kling-o3-reference-to-video"
    video_url: str | Unset = UNSET
    keep_original_sound: bool | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    duration: int | Unset = UNSET
    aspect_ratio: KlingO3ReferenceToVideoAspectRatio | Unset = UNSET
    quality: KlingO3ReferenceToVideoQuality | Unset = UNSET
    model_params: KlingO3ReferenceToVideoModelParams | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        video_url = self.video_url

        keep_original_sound = self.keep_original_sound

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        duration = self.duration

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

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
                "prompt": prompt,
            }
        )
        if video_url is not UNSET:
            field_dict["video_url"] = video_url
        if keep_original_sound is not UNSET:
            field_dict["keep_original_sound"] = keep_original_sound
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if duration is not UNSET:
            field_dict["duration"] = duration
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
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
        model = cast(Literal["kling-o3-reference-to-video"], d.pop("model"))
        if model != "kling-o3-reference-to-video":
            raise ValueError(
                f"model must match const 'kling-o3-reference-to-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        video_url = d.pop("video_url", UNSET)

        keep_original_sound = d.pop("keep_original_sound", UNSET)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        duration = d.pop("duration", UNSET)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: KlingO3ReferenceToVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_kling_o3_reference_to_video_aspect_ratio(_aspect_ratio)

        _quality = d.pop("quality", UNSET)
        quality: KlingO3ReferenceToVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_kling_o3_reference_to_video_quality(_quality)

        _model_params = d.pop("model_params", UNSET)
        model_params: KlingO3ReferenceToVideoModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = KlingO3ReferenceToVideoModelParams.from_dict(_model_params)

        callback_url = d.pop("callback_url", UNSET)

        kling_o3_reference_to_video = cls(
            model=model,
            prompt=prompt,
            video_url=video_url,
            keep_original_sound=keep_original_sound,
            image_urls=image_urls,
            duration=duration,
            aspect_ratio=aspect_ratio,
            quality=quality,
            model_params=model_params,
            callback_url=callback_url,
        )

        kling_o3_reference_to_video.additional_properties = d
        return kling_o3_reference_to_video

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
    from ..models.kling_o3_reference_to_video_model_params import (
        KlingO3ReferenceToVideoModelParams,
    )
