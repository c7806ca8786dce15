from typing import Literal

Veo31FastGeneratePreviewAspectRatio = Literal["16:9", "9:16", "auto"]

VEO_31_FAST_GENERATE_PREVIEW_ASPECT_RATIO_VALUES: set[
    Veo31FastGeneratePreviewAspectRatio
] = {
    "16:9",
    "9:16",
    "auto",
}


def check_veo_31_fast_generate_preview_aspect_ratio(
    value: str,
) -> Veo31FastGeneratePreviewAspectRatio:
    if value in VEO_31_FAST_GENERATE_PREVIEW_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_FAST_GENERATE_PREVIEW_ASPECT_RATIO_VALUES!r}"
    )
