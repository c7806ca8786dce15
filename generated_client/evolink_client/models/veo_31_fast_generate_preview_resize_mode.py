from typing import Literal

Veo31FastGeneratePreviewResizeMode = Literal["crop", "pad"]

VEO_31_FAST_GENERATE_PREVIEW_RESIZE_MODE_VALUES: set[
    Veo31FastGeneratePreviewResizeMode
] = {
    "crop",
    "pad",
}


def check_veo_31_fast_generate_preview_resize_mode(
    value: str,
) -> Veo31FastGeneratePreviewResizeMode:
    if value in VEO_31_FAST_GENERATE_PREVIEW_RESIZE_MODE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_FAST_GENERATE_PREVIEW_RESIZE_MODE_VALUES!r}"
    )
