from typing import Literal

MiniMaxHailuo02Duration = Literal[6, 10]

MINI_MAX_HAILUO_02_DURATION_VALUES: set[MiniMaxHailuo02Duration] = {
    6,
    10,
}


def check_mini_max_hailuo_02_duration(value: int) -> MiniMaxHailuo02Duration:
    if value in MINI_MAX_HAILUO_02_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {MINI_MAX_HAILUO_02_DURATION_VALUES!r}"
    )
