from typing import Literal

Sora2ProPreviewDuration = Literal[4, 8, 12]

SORA_2_PRO_PREVIEW_DURATION_VALUES: set[Sora2ProPreviewDuration] = {
    4,
    8,
    12,
}


def check_sora_2_pro_preview_duration(value: int) -> Sora2ProPreviewDuration:
    if value in SORA_2_PRO_PREVIEW_DURATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {SORA_2_PRO_PREVIEW_DURATION_VALUES!r}"
    )
