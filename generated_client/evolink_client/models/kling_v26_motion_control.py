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

from ..models.kling_v26_motion_control_quality import (
    KlingV26MotionControlQuality,
    check_kling_v26_motion_control_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_v26_motion_control_model_params import (
        KlingV26MotionControlModelParams,
    )


T = TypeVar("T", bound="KlingV26MotionControl")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingV26MotionControl:
    """Creates a video in which a character moves as in another video.

    Attributes:
        model (Literal['kling-v2.6-motion-control']): The id of the model. Default: 'kling-v2.6-motion-control'.
        image_urls (list[str]): The image of the character, as a list of exactly one URL.
        video_urls (list[str]): The video of the motion, as a list of exactly one URL.
        model_params (KlingV26MotionControlModelParams): Settings of the model.
        prompt (str | Unset): The description of the video, of at most 2500 characters.
        quality (KlingV26MotionControlQuality | Unset): The resolution of the video. The default is 720p.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    image_urls: list[str]
    video_urls: list[str]
    model_params: KlingV26MotionControlModelParams
    model: Literal["kling-v2.6-motion-control"] = "kling-v2.6-motion-control"
    prompt: str | Unset = UNSET
    quality: KlingV26MotionControlQuality | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        image_urls = self.image_urls

        video_urls = self.video_urls

        model_params = self.model_params.to_dict()

        prompt = self.prompt

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "image_urls": image_urls,
                "video_urls": video_urls,
                "model_params": model_params,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if quality is not UNSET:
            field_dict["quality"] = quality
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["kling-v2.6-motion-control"], d.pop("model"))
        if model != "kling-v2.6-motion-control":
            raise ValueError(
                f"model must match const 'kling-v2.6-motion-control', got '{model}'"
            )

        image_urls = cast(list[str], d.pop("image_urls"))

        video_urls = cast(list[str], d.pop("video_urls"))

        model_params = KlingV26MotionControlModelParams.from_dict(d.pop("model_params"))

        prompt = d.pop("prompt", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: KlingV26MotionControlQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_kling_v26_motion_control_quality(_quality)

        callback_url = d.pop("callback_url", UNSET)

        kling_v26_motion_control = cls(
            model=model,
            image_urls=image_urls,
            video_urls=video_urls,
            model_params=model_params,
            prompt=prompt,
            quality=quality,
            callback_url=callback_url,
        )

        kling_v26_motion_control.additional_properties = d
        return kling_v26_motion_control

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
    from ..models.kling_v26_motion_control_model_params import (
        KlingV26MotionControlModelParams,
    )
