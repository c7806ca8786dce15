from typing import Literal

Veo31FastBetaQuality = Literal["720p"]

VEO_31_FAST_BETA_QUALITY_VALUES: set[Veo31FastBetaQuality] = {
    "720p",
}


def check_veo_31_fast_beta_quality(value: str) -> Veo31FastBetaQuality:
    if value in VEO_31_FAST_BETA_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_FAST_BETA_QUALITY_VALUES!r}"
    )
