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

from ..models.veo_31_fast_beta_aspect_ratio import (
    Veo31FastBetaAspectRatio,
    check_veo_31_fast_beta_aspect_ratio,
)
from ..models.veo_31_fast_beta_generation_type import (
    Veo31FastBetaGenerationType,
    check_veo_31_fast_beta_generation_type,
)
from ..models.veo_31_fast_beta_quality import (
    Veo31FastBetaQuality,
    check_veo_31_fast_beta_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Veo31FastBeta")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Veo31FastBeta:
    """Creates a video of 8 seconds from a prompt, from its first and last frames, or from reference images.

    Attributes:
        model (Literal['veo3.1-fast-beta']): The id of the model. Default: 'veo3.1-fast-beta'.
        prompt (str): The description of the video, of at most 2000 characters.
        aspect_ratio (Veo31FastBetaAspectRatio | Unset): The ratio of width to height. With auto, it follows the image,
            or the prompt if there is none. The default is auto.
        image_urls (list[str] | Unset): URLs of the first and the last frame, or of reference images.
        quality (Veo31FastBetaQuality | Unset): The resolution of the video, which is 720p.
        generation_type (Veo31FastBetaGenerationType | Unset): Whether the images are not used, are the first and the
            last frame, or are references. Without it, the number of images decides.
        enhance_prompt (bool | Unset): Whether the service improves the prompt. The default is true.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["veo3.1-fast-beta"] = "veo3.1-fast-beta"
    aspect_ratio: Veo31FastBetaAspectRatio | Unset = UNSET
    image_urls: list[str] | Unset = UNSET
    quality: Veo31FastBetaQuality | Unset = UNSET
    generation_type: Veo31FastBetaGenerationType | Unset = UNSET
    enhance_prompt: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        generation_type: str | Unset = UNSET
        if not isinstance(self.generation_type, Unset):
            generation_type = self.generation_type

        enhance_prompt = self.enhance_prompt

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if quality is not UNSET:
            field_dict["quality"] = quality
        if generation_type is not UNSET:
            field_dict["generation_type"] = generation_type
        if enhance_prompt is not UNSET:
            field_dict["enhance_prompt"] = enhance_prompt
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["veo3.1-fast-beta"], d.pop("model"))
        if model != "veo3.1-fast-beta":
            raise ValueError(
                f"model must match const 'veo3.1-fast-beta', got '{model}'"
            )

        prompt = d.pop("prompt")

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: Veo31FastBetaAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_veo_31_fast_beta_aspect_ratio(_aspect_ratio)

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        _quality = d.pop("quality", UNSET)
        quality: Veo31FastBetaQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_veo_31_fast_beta_quality(_quality)

        _generation_type = d.pop("generation_type", UNSET)
        generation_type: Veo31FastBetaGenerationType | Unset
        if isinstance(_generation_type, Unset):
            generation_type = UNSET
        else:
            generation_type = check_veo_31_fast_beta_generation_type(_generation_type)

        enhance_prompt = d.pop("enhance_prompt", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        veo_31_fast_beta = cls(
            model=model,
            prompt=prompt,
            aspect_ratio=aspect_ratio,
            image_urls=image_urls,
            quality=quality,
            generation_type=generation_type,
            enhance_prompt=enhance_prompt,
            callback_url=callback_url,
        )

        veo_31_fast_beta.additional_properties = d
        return veo_31_fast_beta

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
