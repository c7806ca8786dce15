from typing import Literal

Veo31ProBetaQuality = Literal["720p"]

VEO_31_PRO_BETA_QUALITY_VALUES: set[Veo31ProBetaQuality] = {
    "720p",
}


def check_veo_31_pro_beta_quality(value: str) -> Veo31ProBetaQuality:
    if value in VEO_31_PRO_BETA_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_PRO_BETA_QUALITY_VALUES!r}"
    )
