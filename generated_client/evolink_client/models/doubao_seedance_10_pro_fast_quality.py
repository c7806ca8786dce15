from typing import Literal

DoubaoSeedance10ProFastQuality = Literal["1080p", "480p", "720p"]

DOUBAO_SEEDANCE_10_PRO_FAST_QUALITY_VALUES: set[DoubaoSeedance10ProFastQuality] = {
    "1080p",
    "480p",
    "720p",
}


def check_doubao_seedance_10_pro_fast_quality(
    value: str,
) -> DoubaoSeedance10ProFastQuality:
    if value in DOUBAO_SEEDANCE_10_PRO_FAST_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {DOUBAO_SEEDANCE_10_PRO_FAST_QUALITY_VALUES!r}"
    )
