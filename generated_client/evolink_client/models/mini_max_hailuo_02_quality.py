from typing import Literal

MiniMaxHailuo02Quality = Literal["1080p", "512p", "768p"]

MINI_MAX_HAILUO_02_QUALITY_VALUES: set[MiniMaxHailuo02Quality] = {
    "1080p",
    "512p",
    "768p",
}


def check_mini_max_hailuo_02_quality(value: str) -> MiniMaxHailuo02Quality:
    if value in MINI_MAX_HAILUO_02_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINI_MAX_HAILUO_02_QUALITY_VALUES!r}"
    )
