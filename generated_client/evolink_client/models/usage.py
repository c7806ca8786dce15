from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.billing_rule import BillingRule, check_billing_rule
from ..models.user_group import UserGroup, check_user_group
from ..types import UNSET, Unset

T = TypeVar("T", bound="Usage")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Usage:
    """The cost of a task.

    Attributes:
        billing_rule (BillingRule | str | Unset): The unit of the price.
        credits_reserved (float | Unset): The credits that are reserved for the task.
        user_group (str | Unset | UserGroup): The user group of the account.
    """

    billing_rule: BillingRule | str | Unset = UNSET
    credits_reserved: float | Unset = UNSET
    user_group: str | Unset | UserGroup = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        billing_rule: str | Unset
        if isinstance(self.billing_rule, Unset):
            billing_rule = UNSET
        elif isinstance(self.billing_rule, str):
            billing_rule = self.billing_rule
        else:
            billing_rule = self.billing_rule

        credits_reserved = self.credits_reserved

        user_group: str | Unset
        if isinstance(self.user_group, Unset):
            user_group = UNSET
        elif isinstance(self.user_group, str):
            user_group = self.user_group
        else:
            user_group = self.user_group

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if billing_rule is not UNSET:
            field_dict["billing_rule"] = billing_rule
        if credits_reserved is not UNSET:
            field_dict["credits_reserved"] = credits_reserved
        if user_group is not UNSET:
            field_dict["user_group"] = user_group

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_billing_rule(data: object) -> BillingRule | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                billing_rule_type_0 = check_billing_rule(data)

                return billing_rule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(BillingRule | str | Unset, data)

        billing_rule = _parse_billing_rule(d.pop("billing_rule", UNSET))

        credits_reserved = d.pop("credits_reserved", UNSET)

        def _parse_user_group(data: object) -> str | Unset | UserGroup:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                user_group_type_0 = check_user_group(data)

                return user_group_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | Unset | UserGroup, data)

        user_group = _parse_user_group(d.pop("user_group", UNSET))

        usage = cls(
            billing_rule=billing_rule,
            credits_reserved=credits_reserved,
            user_group=user_group,
        )

        usage.additional_properties = d
        return usage

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
