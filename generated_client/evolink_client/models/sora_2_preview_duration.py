from typing import Literal

Sora2PreviewDuration = Literal[4, 8, 12]

SORA_2_PREVIEW_DURATION_VALUES: set[Sora2PreviewDuration] = {
    4,
    8,
    12,
}


def check_sora_2_preview_duration(value: int) -> Sora2PreviewDuration:
    if value in SORA_2_PREVIEW_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SORA_2_PREVIEW_DURATION_VALUES!r}"
    )
