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

from ..models.wan_27_reference_video_aspect_ratio import (
    Wan27ReferenceVideoAspectRatio,
    check_wan_27_reference_video_aspect_ratio,
)
from ..models.wan_27_reference_video_quality import (
    Wan27ReferenceVideoQuality,
    check_wan_27_reference_video_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wan_27_reference_video_model_params import (
        Wan27ReferenceVideoModelParams,
    )


T = TypeVar("T", bound="Wan27ReferenceVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan27ReferenceVideo:
    """Creates a video with the characters of reference images and videos.

    Attributes:
        model (Literal['wan2.7-reference-video']): The model id. Default: 'wan2.7-reference-video'.
        prompt (str): The description of the video. Everything beyond 5000 characters is cut off.
        negative_prompt (str | Unset): What the video must not show. Everything beyond 500 characters is cut off.
        image_start (str | Unset): The URL of the first frame. It is not a reference and has no voice.
        image_urls (list[str] | Unset): URLs of reference images, which the prompt calls Image 1 and so on.
        video_urls (list[str] | Unset): URLs of reference videos, which the prompt calls Video 1 and so on. Their sound
            is used.
        audio_urls (list[str] | Unset): URLs of at most five voices, first for the videos, then for the images.
        model_params (Wan27ReferenceVideoModelParams | Unset): Further settings.
        quality (Wan27ReferenceVideoQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Wan27ReferenceVideoAspectRatio | Unset): The ratio of width to height. It is ignored if
            image_start is given. The default is 16:9.
        duration (int | Unset): The length of the video in whole seconds, 2 to 15. Credits are reserved for this length
            and settled for the length that is produced. The default is 5.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        prompt_extend (bool | Unset): Whether the service extends the prompt.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["wan2.7-reference-video"] = "wan2.7-reference-video"
    negative_prompt: str | Unset = UNSET
    image_start: str | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    video_urls: list[str] | Unset = UNSET
    audio_urls: list[str] | Unset = UNSET
    model_params: Wan27ReferenceVideoModelParams | Unset = UNSET
    quality: Wan27ReferenceVideoQuality | Unset = UNSET
    aspect_ratio: Wan27ReferenceVideoAspectRatio | Unset = UNSET
    duration: int | Unset = UNSET
    seed: int | Unset = UNSET
    prompt_extend: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        negative_prompt = self.negative_prompt

        image_start = self.image_start

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        video_urls: list[str] | Unset = UNSET
        if not isinstance(self.video_urls, Unset):
            video_urls = self.video_urls

        audio_urls: list[str] | Unset = UNSET
        if not isinstance(self.audio_urls, Unset):
            audio_urls = self.audio_urls

        model_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.model_params, Unset):
            model_params = self.model_params.to_dict()

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        duration = self.duration

        seed = self.seed

        prompt_extend = self.prompt_extend

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if image_start is not UNSET:
            field_dict["image_start"] = image_start
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if video_urls is not UNSET:
            field_dict["video_urls"] = video_urls
        if audio_urls is not UNSET:
            field_dict["audio_urls"] = audio_urls
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if duration is not UNSET:
            field_dict["duration"] = duration
        if seed is not UNSET:
            field_dict["seed"] = seed
        if prompt_extend is not UNSET:
            field_dict["prompt_extend"] = prompt_extend
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan2.7-reference-video"], d.pop("model"))
        if model != "wan2.7-reference-video":
            raise ValueError(
                f"model must match const 'wan2.7-reference-video', got '{model}'"
            )

        prompt = d.pop("prompt")

        negative_prompt = d.pop("negative_prompt", UNSET)

        image_start = d.pop("image_start", UNSET)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        video_urls = cast(list[str], d.pop("video_urls", UNSET))

        audio_urls = cast(list[str], d.pop("audio_urls", UNSET))

        _model_params = d.pop("model_params", UNSET)
        model_params: Wan27ReferenceVideoModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = Wan27ReferenceVideoModelParams.from_dict(_model_params)

        _quality = d.pop("quality", UNSET)
        quality: Wan27ReferenceVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_27_reference_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan27ReferenceVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_27_reference_video_aspect_ratio(_aspect_ratio)

        duration = d.pop("duration", UNSET)

        seed = d.pop("seed", UNSET)

        prompt_extend = d.pop("prompt_extend", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_27_reference_video = cls(
            model=model,
            prompt=prompt,
            negative_prompt=negative_prompt,
            image_start=image_start,
            image_urls=image_urls,
            video_urls=video_urls,
            audio_urls=audio_urls,
            model_params=model_params,
            quality=quality,
            aspect_ratio=aspect_ratio,
            duration=duration,
            seed=seed,
            prompt_extend=prompt_extend,
            callback_url=callback_url,
        )

        wan_27_reference_video.additional_properties = d
        return wan_27_reference_video

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
    from ..models.wan_27_reference_video_model_params import (
        Wan27ReferenceVideoModelParams,
    )
