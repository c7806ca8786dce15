from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="MiniMaxHailuo23ModelParams")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class MiniMaxHailuo23ModelParams:
    """Further settings.

    Attributes:
        prompt_optimizer (bool | Unset): Whether the service optimizes the prompt. The default is true.
        fast_pretreatment (bool | Unset): Whether the prompt is pretreated in a fast way. The default is false.
    """

    prompt_optimizer: bool | Unset = UNSET
    fast_pretreatment: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        prompt_optimizer = self.prompt_optimizer

        fast_pretreatment = self.fast_pretreatment

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if prompt_optimizer is not UNSET:
            field_dict["prompt_optimizer"] = prompt_optimizer
        if fast_pretreatment is not UNSET:
            field_dict["fast_pretreatment"] = fast_pretreatment

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt_optimizer = d.pop("prompt_optimizer", UNSET)

        fast_pretreatment = d.pop("fast_pretreatment", UNSET)

        mini_max_hailuo_23_model_params = cls(
            prompt_optimizer=prompt_optimizer,
            fast_pretreatment=fast_pretreatment,
        )

        mini_max_hailuo_23_model_params.additional_properties = d
        return mini_max_hailuo_23_model_params

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
