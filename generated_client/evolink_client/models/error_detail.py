from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="ErrorDetail")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class ErrorDetail:
    """The details of an error.

    Attributes:
        code (int | str | Unset): The reason as a word, such as insufficient_quota. In an error of a credits query, the
            HTTP status as an integer.
        message (str | Unset): The reason, for people to read.
        type_ (str | Unset): The class of the error.
        param (str | Unset): The request field that caused the error, if there is one.
        fallback_suggestion (str | Unset): Advice on what to do instead, if there is any.
    """

    code: int | str | Unset = UNSET
    message: str | Unset = UNSET
    type_: str | Unset = UNSET
    param: str | Unset = UNSET
    fallback_suggestion: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        code: int | str | Unset
        if isinstance(self.code, Unset):
            code = UNSET
        else:
            code = self.code

        message = self.message

        type_ = self.type_

        param = self.param

        fallback_suggestion = self.fallback_suggestion

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if code is not UNSET:
            field_dict["code"] = code
        if message is not UNSET:
            field_dict["message"] = message
        if type_ is not UNSET:
            field_dict["type"] = type_
        if param is not UNSET:
            field_dict["param"] = param
        if fallback_suggestion is not UNSET:
            field_dict["fallback_suggestion"] = fallback_suggestion

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_code(data: object) -> int | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(int | str | Unset, data)

        code = _parse_code(d.pop("code", UNSET))

        message = d.pop("message", UNSET)

        type_ = d.pop("type", UNSET)

        param = d.pop("param", UNSET)

        fallback_suggestion = d.pop("fallback_suggestion", UNSET)

        error_detail = cls(
            code=code,
            message=message,
            type_=type_,
            param=param,
            fallback_suggestion=fallback_suggestion,
        )

        error_detail.additional_properties = d
        return error_detail

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
