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

from ..types import UNSET, Unset

T = TypeVar("T", bound="Omnihuman15")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Omnihuman15:
    """Creates a video in which the person in an image speaks or sings a sound file. The video is as long as the sound.

    Attributes:
        model (Literal['omnihuman-1.5']): The id of the model. Default: 'omnihuman-1.5'.
        audio_url (str): The URL of the sound. Each started second is charged.
        image_urls (list[str]): The image with the person, as a list of exactly one URL.
        prompt (str | Unset): The description of the video, in Chinese, English, Japanese, Korean, Mexican Spanish or
            Indonesian.
        pe_fast_mode (bool | Unset): Switches a faster mode on. The default is false.
        mask_url (list[str] | Unset): URLs of masks, which have the size of the image.
        seed (int | Unset): The seed of the random numbers.
        subject_check (bool | Unset): Switches a check of the subject on. The default is false.
        auto_mask (bool | Unset): Switches automatic masks on. The default is false.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    audio_url: str
    image_urls: list[str]
    model: Literal["omnihuman-1.5"] = "omnihuman-1.5"
    prompt: str | Unset = UNSET
    pe_fast_mode: bool | Unset = UNSET
    mask_url: list[str] | Unset = UNSET
    seed: int | Unset = UNSET
    subject_check: bool | Unset = UNSET
    auto_mask: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        audio_url = self.audio_url

        image_urls = self.image_urls

        prompt = self.prompt

        pe_fast_mode = self.pe_fast_mode

        mask_url: list[str] | Unset = UNSET
        if not isinstance(self.mask_url, Unset):
            mask_url = self.mask_url

        seed = self.seed

        subject_check = self.subject_check

        auto_mask = self.auto_mask

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "audio_url": audio_url,
                "image_urls": image_urls,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if pe_fast_mode is not UNSET:
            field_dict["pe_fast_mode"] = pe_fast_mode
        if mask_url is not UNSET:
            field_dict["mask_url"] = mask_url
        if seed is not UNSET:
            field_dict["seed"] = seed
        if subject_check is not UNSET:
            field_dict["subject_check"] = subject_check
        if auto_mask is not UNSET:
            field_dict["auto_mask"] = auto_mask
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["omnihuman-1.5"], d.pop("model"))
        if model != "omnihuman-1.5":
            raise ValueError(f"model must match const 'omnihuman-1.5', got '{model}'")

        audio_url = d.pop("audio_url")

        image_urls = cast(list[str], d.pop("image_urls"))

        prompt = d.pop("prompt", UNSET)

        pe_fast_mode = d.pop("pe_fast_mode", UNSET)

        mask_url = cast(list[str], d.pop("mask_url", UNSET))

        seed = d.pop("seed", UNSET)

        subject_check = d.pop("subject_check", UNSET)

        auto_mask = d.pop("auto_mask", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        omnihuman_15 = cls(
            model=model,
            audio_url=audio_url,
            image_urls=image_urls,
            prompt=prompt,
            pe_fast_mode=pe_fast_mode,
            mask_url=mask_url,
            seed=seed,
            subject_check=subject_check,
            auto_mask=auto_mask,
            callback_url=callback_url,
        )

        omnihuman_15.additional_properties = d
        return omnihuman_15

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
