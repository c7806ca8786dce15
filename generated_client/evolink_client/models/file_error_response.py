from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..types import UNSET, Unset

T = TypeVar("T", bound="FileErrorResponse")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class FileErrorResponse:
    """The body of every error response of the file host.

    Attributes:
        success (bool | Unset): Always false.
        code (int | Unset): 40001 if the file is too large, 40002 if its type is not supported, 40003 if the file quota
            is used up, 40004 if the file cannot be fetched, 50001 if it cannot be stored. We inferred that every other
            error has its HTTP status here.
        msg (str | Unset): The reason, for people to read.
    """

    success: bool | Unset = UNSET
    code: int | Unset = UNSET
    msg: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        success = self.success

        code = self.code

        msg = self.msg

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if success is not UNSET:
            field_dict["success"] = success
        if code is not UNSET:
            field_dict["code"] = code
        if msg is not UNSET:
            field_dict["msg"] = msg

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        success = d.pop("success", UNSET)

        code = d.pop("code", UNSET)

        msg = d.pop("msg", UNSET)

        file_error_response = cls(
            success=success,
            code=code,
            msg=msg,
        )

        file_error_response.additional_properties = d
        return file_error_response

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
