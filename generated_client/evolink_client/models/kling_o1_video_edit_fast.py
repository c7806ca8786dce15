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

T = TypeVar("T", bound="KlingO1VideoEditFast")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO1VideoEditFast:
    """Creates an edited copy of a video.

    Attributes:
        model (Literal['kling-o1-video-edit-fast']): The id of the model. Default: 'kling-o1-video-edit-fast'.
        prompt (str): The description of the video, of at most 5000 characters.
        video_urls (list[str]): The video to edit, as a list of exactly one URL.
        image_urls (list[str] | Unset): URLs of one to four reference images.
        keep_original_sound (bool | Unset): Whether the video keeps the sound of the given one.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    video_urls: list[str]
    model: Literal["kling-o1-video-edit-fast"] = "kling-o1-video-edit-fast"
    image_urls: list[str] | Unset = UNSET
    keep_original_sound: bool | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        video_urls = self.video_urls

        image_urls: list[str] | Unset = UNSET
        if not isinstance(self.image_urls, Unset):
            image_urls = self.image_urls

        keep_original_sound = self.keep_original_sound

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
                "video_urls": video_urls,
            }
        )
        if image_urls is not UNSET:
            field_dict["image_urls"] = image_urls
        if keep_original_sound is not UNSET:
            field_dict["keep_original_sound"] = keep_original_sound
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["kling-o1-video-edit-fast"], d.pop("model"))
        if model != "kling-o1-video-edit-fast":
            raise ValueError(
                f"model must match const 'kling-o1-video-edit-fast', got '{model}'"
            )

        prompt = d.pop("prompt")

        video_urls = cast(list[str], d.pop("video_urls"))

        image_urls = cast(list[str], d.pop("image_urls", UNSET))

        keep_original_sound = d.pop("keep_original_sound", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        kling_o1_video_edit_fast = cls(
            model=model,
            prompt=prompt,
            video_urls=video_urls,
            image_urls=image_urls,
            keep_original_sound=keep_original_sound,
            callback_url=callback_url,
        )

        kling_o1_video_edit_fast.additional_properties = d
        return kling_o1_video_edit_fast

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
