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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.kling_custom_element_model_params import KlingCustomElementModelParams


T = TypeVar("T", bound="KlingCustomElement")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class KlingCustomElement:
    """Creates an element from images or a video of a character. Requests to other models name it by its id.

    Attributes:
        model (Literal['kling-custom-element']): The id of the model. Default: 'kling-custom-element'.
        model_params (KlingCustomElementModelParams): The element.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    model_params: KlingCustomElementModelParams
    model: Literal["kling-custom-element"] = "kling-custom-element"
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        model_params = self.model_params.to_dict()

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "model_params": model_params,
            }
        )
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["kling-custom-element"], d.pop("model"))
        if model != "kling-custom-element":
            raise ValueError(
                f"model must match const 'kling-custom-element', got '{model}'"
            )

        model_params = KlingCustomElementModelParams.from_dict(d.pop("model_params"))

        callback_url = d.pop("callback_url", UNSET)

        kling_custom_element = cls(
            model=model,
            model_params=model_params,
            callback_url=callback_url,
        )

        kling_custom_element.additional_properties = d
        return kling_custom_element

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
    from ..models.kling_custom_element_model_params import KlingCustomElementModelParams
