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

T = TypeVar("T", bound="Videoretalk")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Videoretalk:
    """Makes the lips in a video follow a sound file.

    Attributes:
        model (Literal['videoretalk']): The id of the model. Default: 'videoretalk'.
        video_url (str): The URL of a video that shows a face clearly, such as an mp4 or mov, best of 2 to 300 seconds.
        audio_url (str): The URL of the sound, such as a wav, mp3 or m4a.
        ref_image_url (str | Unset): The URL of an image of the speaker's face from the front, if the video shows
            several faces.
        video_extension (bool | Unset): Whether the result is as long as the sound. If false, it is as long as the
            shorter of the two. The default is false.
        query_face_threshold (int | Unset): The threshold of the query for a face, 120 to 200. The default is 170.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    video_url: str
    audio_url: str
    model: Literal["videoretalk"] = "videoretalk"
    ref_image_url: str | Unset = UNSET
    video_extension: bool | Unset = UNSET
    query_face_threshold: int | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        video_url = self.video_url

        audio_url = self.audio_url

        ref_image_url = self.ref_image_url

        video_extension = self.video_extension

        query_face_threshold = self.query_face_threshold

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "video_url": video_url,
                "audio_url": audio_url,
            }
        )
        if ref_image_url is not UNSET:
            field_dict["ref_image_url"] = ref_image_url
        if video_extension is not UNSET:
            field_dict["video_extension"] = video_extension
        if query_face_threshold is not UNSET:
            field_dict["query_face_threshold"] = query_face_threshold
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["videoretalk"], d.pop("model"))
        if model != "videoretalk":
            raise ValueError(f"model must match const 'videoretalk', got '{model}'")

        video_url = d.pop("video_url")

        audio_url = d.pop("audio_url")

        ref_image_url = d.pop("ref_image_url", UNSET)

        video_extension = d.pop("video_extension", UNSET)

        query_face_threshold = d.pop("query_face_threshold", UNSET)

        callback_url = d.pop("callback_url", UNSET)

        videoretalk = cls(
            model=model,
            video_url=video_url,
            audio_url=audio_url,
            ref_image_url=ref_image_url,
            video_extension=video_extension,
            query_face_threshold=query_face_threshold,
            callback_url=callback_url,
        )

        videoretalk.additional_properties = d
        return videoretalk

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
