from typing import Literal

UserGroup = Literal["default", "vip"]

USER_GROUP_VALUES: set[UserGroup] = {
    "default",
    "vip",
}


def check_user_group(value: str) -> UserGroup:
    if value in USER_GROUP_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {USER_GROUP_VALUES!r}"
    )
