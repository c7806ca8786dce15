from typing import Literal

MiniMaxHailuo23Quality = Literal["1080p", "768p"]

MINI_MAX_HAILUO_23_QUALITY_VALUES: set[MiniMaxHailuo23Quality] = {
    "1080p",
    "768p",
}


def check_mini_max_hailuo_23_quality(value: str) -> MiniMaxHailuo23Quality:
    if value in MINI_MAX_HAILUO_23_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINI_MAX_HAILUO_23_QUALITY_VALUES!r}"
    )
