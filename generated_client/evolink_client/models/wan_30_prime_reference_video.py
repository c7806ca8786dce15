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

from ..models.wan_30_prime_reference_video_aspect_ratio import (
    Wan30PrimeReferenceVideoAspectRatio,
    check_wan_30_prime_reference_video_aspect_ratio,
)
from ..models.wan_30_prime_reference_video_quality import (
    Wan30PrimeReferenceVideoQuality,
    check_wan_30_prime_reference_video_quality,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.wan_30_prime_reference_video_model_params import (
        Wan30PrimeReferenceVideoModelParams,
    )


T = TypeVar("T", bound="Wan30PrimeReferenceVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Wan30PrimeReferenceVideo:
    """Creates a video from a prompt and references, with the prime version.

    Attributes:
        model (Literal['wan3.0-prime-reference-video']): The model id. Default: 'wan3.0-prime-reference-video'.
        prompt (str | Unset): The description of the video. Everything beyond 20000 characters is cut off.
        image_urls (list[str] | Unset): URLs of at most ten reference images, which the prompt calls Image 1 and so on.
        video_urls (list[str] | Unset): URLs of at most five reference videos, which the prompt calls Video 1 and so on.
            Together they last at most 15 seconds. Their length is billed, too.
        audio_urls (list[str] | Unset): URLs of at most five sound files, which the prompt calls Audio 1 and so on.
            Together they last at most 15 seconds.
        model_params (Wan30PrimeReferenceVideoModelParams | Unset): Further settings.
        duration (int | Unset): The length of the video in whole seconds, 2 to 30, or -1 to let the model choose. With
            -1, credits are reserved for 30 seconds. They are settled for the length that is produced. The default is 5.
        quality (Wan30PrimeReferenceVideoQuality | Unset): The resolution of the video. The default is 720p.
        aspect_ratio (Wan30PrimeReferenceVideoAspectRatio | Unset): The ratio of width to height. The default is
            adaptive.
        generate_audio (bool | Unset): Whether the video has sound, which costs the same. The default is true.
        seed (int | Unset): The seed of the random numbers. Without it, a random one is used.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    model: Literal["wan3.0-prime-reference-video"] = "wan3.0-prime-reference-video"
    prompt: str | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    video_urls: list[str] | Unset = UNSET
    audio_urls: list[str] | Unset = UNSET
    model_params: Wan30PrimeReferenceVideoModelParams | Unset = UNSET
    duration: int | Unset = UNSET
    quality: Wan30PrimeReferenceVideoQuality | Unset = UNSET
    aspect_ratio: Wan30PrimeReferenceVideoAspectRatio | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    seed: int | Unset = UNSET
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

        video_urls: list[str] | Unset = UNSET
        if not isinstance(self.video_urls, Unset):
            video_urls = self.video_urls

        audio_urls: list[str] | Unset = UNSET
        if not isinstance(self.audio_urls, Unset):
            audio_urls = self.audio_urls

        model_params: dict[str, Any] | Unset = UNSET
        if not isinstance(self.model_params, Unset):
            model_params = self.model_params.to_dict()

        duration = self.duration

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        generate_audio = self.generate_audio

        seed = self.seed

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
        if video_urls is not UNSET:
            field_dict["video_urls"] = video_urls
        if audio_urls is not UNSET:
            field_dict["audio_urls"] = audio_urls
        if model_params is not UNSET:
            field_dict["model_params"] = model_params
        if duration is not UNSET:
            field_dict["duration"] = duration
        if quality is not UNSET:
            field_dict["quality"] = quality
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if seed is not UNSET:
            field_dict["seed"] = seed
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["wan3.0-prime-reference-video"], d.pop("model"))
        if model != "wan3.0-prime-reference-video":
            raise ValueError(
                f"model must match const 'wan3.0-prime-reference-video', got '{model}'"
            )

        prompt = d.pop("prompt", UNSET)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        video_urls = cast(list[str], d.pop("video_urls", UNSET))

        audio_urls = cast(list[str], d.pop("audio_urls", UNSET))

        _model_params = d.pop("model_params", UNSET)
        model_params: Wan30PrimeReferenceVideoModelParams | Unset
        if isinstance(_model_params, Unset):
            model_params = UNSET
        else:
            model_params = Wan30PrimeReferenceVideoModelParams.from_dict(_model_params)

        duration = d.pop("duration", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Wan30PrimeReferenceVideoQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_wan_30_prime_reference_video_quality(_quality)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Wan30PrimeReferenceVideoAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_wan_30_prime_reference_video_aspect_ratio(
                _aspect_ratio
            )

        generate_audio = d.pop("generate_audio", UNSET)

        seed = d.pop("seed", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        wan_30_prime_reference_video = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            video_urls=video_urls,
            audio_urls=audio_urls,
            model_params=model_params,
            duration=duration,
            quality=quality,
            aspect_ratio=aspect_ratio,
            generate_audio=generate_audio,
            seed=seed,
            callback_url=callback_url,
        )

        wan_30_prime_reference_video.additional_properties = d
        return wan_30_prime_reference_video

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
    from ..models.wan_30_prime_reference_video_model_params import (
        Wan30PrimeReferenceVideoModelParams,
    )
