from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.veo_31_fast_generate_preview_aspect_ratio import (
    Veo31FastGeneratePreviewAspectRatio,
    check_veo_31_fast_generate_preview_aspect_ratio,
)
from ..models.veo_31_fast_generate_preview_duration import (
    Veo31FastGeneratePreviewDuration,
    check_veo_31_fast_generate_preview_duration,
)
from ..models.veo_31_fast_generate_preview_generation_type import (
    Veo31FastGeneratePreviewGenerationType,
    check_veo_31_fast_generate_preview_generation_type,
)
from ..models.veo_31_fast_generate_preview_person_generation import (
    Veo31FastGeneratePreviewPersonGeneration,
    check_veo_31_fast_generate_preview_person_generation,
)
from ..models.veo_31_fast_generate_preview_quality import (
    Veo31FastGeneratePreviewQuality,
    check_veo_31_fast_generate_preview_quality,
)
from ..models.veo_31_fast_generate_preview_resize_mode import (
    Veo31FastGeneratePreviewResizeMode,
    check_veo_31_fast_generate_preview_resize_mode,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Veo31FastGeneratePreview")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Veo31FastGeneratePreview:
    """Creates a video from a prompt, from its first and last frames, or from reference images.

    Attributes:
        model (Literal['veo-3.1-fast-generate-preview']): The id of the model. Default: 'veo-3.1-fast-generate-preview'.
        prompt (str): The description of the video, of at most 2000 characters.
        image_urls (list[str] | Unset): URLs of the first and the last frame, or of at most three reference images.
        generation_type (Veo31FastGeneratePreviewGenerationType | Unset): Whether the images are not used, are the first
            and the last frame, or are references.
        aspect_ratio (Veo31FastGeneratePreviewAspectRatio | Unset): The ratio of width to height. With auto, it follows
            the image, or the prompt if there is none.
        generate_audio (bool | Unset): Whether the video has sound, which costs more. The default is true.
        duration (Veo31FastGeneratePreviewDuration | Unset): The length of the video in seconds, 4, 6 or 8. The default
            is 4.
        n (int | Unset): The number of videos, 1 to 4. Each is charged. The default is 1.
        quality (Veo31FastGeneratePreviewQuality | Unset): The resolution of the video. The default is 720p.
        seed (int | Unset): The seed of the random numbers.
        negative_prompt (str | Unset): What the video must not show.
        person_generation (Veo31FastGeneratePreviewPersonGeneration | Unset): Whether the video may show adults. The
            default is allow_adult.
        resize_mode (Veo31FastGeneratePreviewResizeMode | Unset): How an image of another ratio is fitted. The default
            is pad.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["veo-3.1-fast-generate-preview"] = "veo-3.1-fast-generate-preview"
    image_urls: list[str] | Unset = UNSET
    generation_type: Veo31FastGeneratePreviewGenerationType | Unset = UNSET
    aspect_ratio: Veo31FastGeneratePreviewAspectRatio | Unset = UNSET
    generate_audio: bool | Unset = UNSET
    duration: Veo31FastGeneratePreviewDuration | Unset = UNSET
    n: int | Unset = UNSET
    quality: Veo31FastGeneratePreviewQuality | Unset = UNSET
    seed: int | Unset = UNSET
    negative_prompt: str | Unset = UNSET
    person_generation: Veo31FastGeneratePreviewPersonGeneration | Unset = UNSET
    resize_mode: Veo31FastGeneratePreviewResizeMode | Unset = UNSET
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

        generation_type: str | Unset = UNSET
        if not isinstance(self.generation_type, Unset):
            generation_type = self.generation_type

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        generate_audio = self.generate_audio

        duration: int | Unset = UNSET
        if not isinstance(self.duration, Unset):
            duration = self.duration

        n = self.n

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        seed = self.seed

        negative_prompt = self.negative_prompt

        person_generation: str | Unset = UNSET
        if not isinstance(self.person_generation, Unset):
            person_generation = self.person_generation

        resize_mode: str | Unset = UNSET
        if not isinstance(self.resize_mode, Unset):
            resize_mode = self.resize_mode

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
        if generation_type is not UNSET:
            field_dict["generation_type"] = generation_type
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if generate_audio is not UNSET:
            field_dict["generate_audio"] = generate_audio
        if duration is not UNSET:
            field_dict["duration"] = duration
        if n is not UNSET:
            field_dict["n"] = n
        if quality is not UNSET:
            field_dict["quality"] = quality
        if seed is not UNSET:
            field_dict["seed"] = seed
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if person_generation is not UNSET:
            field_dict["person_generation"] = person_generation
        if resize_mode is not UNSET:
            field_dict["resize_mode"] = resize_mode
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["veo-3.1-fast-generate-preview"], d.pop("model"))
        if model != "veo-3.1-fast-generate-preview":
            raise ValueError(
                f"model must match const 'veo-3.1-fast-generate-preview', got '{model}'"
            )

        prompt = d.pop("prompt")

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        _generation_type = d.pop("generation_type", UNSET)
        generation_type: Veo31FastGeneratePreviewGenerationType | Unset
        if isinstance(_generation_type, Unset):
            generation_type = UNSET
        else:
            generation_type = check_veo_31_fast_generate_preview_generation_type(
                _generation_type
            )

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Veo31FastGeneratePreviewAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_veo_31_fast_generate_preview_aspect_ratio(
                _aspect_ratio
            )

        generate_audio = d.pop("generate_audio", UNSET)

        _duration = d.pop("duration", UNSET)
        duration: Veo31FastGeneratePreviewDuration | Unset
        if isinstance(_duration, Unset):
            duration = UNSET
        else:
            duration = check_veo_31_fast_generate_preview_duration(_duration)

        n = d.pop("n", UNSET)

        _quality = d.pop("quality", UNSET)
        quality: Veo31FastGeneratePreviewQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_veo_31_fast_generate_preview_quality(_quality)

        seed = d.pop("seed", UNSET)

        negative_prompt = d.pop("negative_prompt", UNSET)

        _person_generation = d.pop("person_generation", UNSET)
        person_generation: Veo31FastGeneratePreviewPersonGeneration | Unset
        if isinstance(_person_generation, Unset):
            person_generation = UNSET
        else:
            person_generation = check_veo_31_fast_generate_preview_person_generation(
                _person_generation
            )

        _resize_mode = d.pop("resize_mode", UNSET)
        resize_mode: Veo31FastGeneratePreviewResizeMode | Unset
        if isinstance(_resize_mode, Unset):
            resize_mode = UNSET
        else:
            resize_mode = check_veo_31_fast_generate_preview_resize_mode(_resize_mode)

        callback_url = d.pop("callback_url", UNSET)

        veo_31_fast_generate_preview = cls(
            model=model,
            prompt=prompt,
            image_urls=image_urls,
            generation_type=generation_type,
            aspect_ratio=aspect_ratio,
            generate_audio=generate_audio,
            duration=duration,
            n=n,
            quality=quality,
            seed=seed,
            negative_prompt=negative_prompt,
            person_generation=person_generation,
            resize_mode=resize_mode,
            callback_url=callback_url,
        )

        veo_31_fast_generate_preview.additional_properties = d
        return veo_31_fast_generate_preview

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
