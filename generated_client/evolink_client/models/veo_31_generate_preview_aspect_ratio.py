from typing import Literal

Veo31GeneratePreviewAspectRatio = Literal["16:9", "9:16", "auto"]

VEO_31_GENERATE_PREVIEW_ASPECT_RATIO_VALUES: set[Veo31GeneratePreviewAspectRatio] = {
    "16:9",
    "9:16",
    "auto",
}


def check_veo_31_generate_preview_aspect_ratio(
    value: str,
) -> Veo31GeneratePreviewAspectRatio:
    if value in VEO_31_GENERATE_PREVIEW_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_GENERATE_PREVIEW_ASPECT_RATIO_VALUES!r}"
    )
