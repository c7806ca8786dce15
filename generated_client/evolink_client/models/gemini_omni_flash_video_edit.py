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

T = TypeVar("T", bound="GeminiOmniFlashVideoEdit")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GeminiOmniFlashVideoEdit:
    """Edits a video.

    Attributes:
        model (Literal['gemini-omni-flash-video-edit']): The id of the model. Default: 'gemini-omni-flash-video-edit'.
        prompt (str): The description of the change.
        video_urls (list[str]): The video to edit, as a list of exactly one URL. It lasts from three to ten seconds.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    video_urls: list[str]
    model: Literal["gemini-omni-flash-video-edit"] = "gemini-omni-flash-video-edit"
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        video_urls = self.video_urls

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
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["gemini-omni-flash-video-edit"], d.pop("model"))
        if model != "gemini-omni-flash-video-edit":
            raise ValueError(
                f"model must match const 'gemini-omni-flash-video-edit', got '{model}'"
            )

        prompt = d.pop("prompt")

        video_urls = cast(list[str], d.pop("video_urls"))

        callback_url = d.pop("callback_url", UNSET)

        gemini_omni_flash_video_edit = cls(
            model=model,
            prompt=prompt,
            video_urls=video_urls,
            callback_url=callback_url,
        )

        gemini_omni_flash_video_edit.additional_properties = d
        return gemini_omni_flash_video_edit

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
