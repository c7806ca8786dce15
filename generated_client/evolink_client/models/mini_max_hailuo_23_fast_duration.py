from typing import Literal

MiniMaxHailuo23FastDuration = Literal[6, 10]

MINI_MAX_HAILUO_23_FAST_DURATION_VALUES: set[MiniMaxHailuo23FastDuration] = {
    6,
    10,
}


def check_mini_max_hailuo_23_fast_duration(value: int) -> MiniMaxHailuo23FastDuration:
    if value in MINI_MAX_HAILUO_23_FAST_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINI_MAX_HAILUO_23_FAST_DURATION_VALUES!r}"
    )
