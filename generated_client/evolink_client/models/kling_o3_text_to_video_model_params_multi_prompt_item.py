from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

T = TypeVar("T", bound="KlingO3TextToVideoModelParamsMultiPromptItem")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingO3TextToVideoModelParamsMultiPromptItem:
    """
    Attributes:
        index (int): The number of the shot.
        prompt (str): The description of the shot.
        duration (str): The length of the shot in seconds, as a text.
    """

    index: int
    prompt: str
    duration: str
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        index = self.index

        prompt = self.prompt

        duration = self.duration

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "prompt": prompt,
                "duration": duration,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        index = d.pop("index")

        prompt = d.pop("prompt")

        duration = d.pop("duration")

        kling_o3_text_to_video_model_params_multi_prompt_item = cls(
            index=index,
            prompt=prompt,
            duration=duration,
        )

        kling_o3_text_to_video_model_params_multi_prompt_item.additional_properties = d
        return kling_o3_text_to_video_model_params_multi_prompt_item

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
