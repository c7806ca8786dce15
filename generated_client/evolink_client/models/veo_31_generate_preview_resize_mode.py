from typing import Literal

Veo31GeneratePreviewResizeMode = Literal["crop", "pad"]

VEO_31_GENERATE_PREVIEW_RESIZE_MODE_VALUES: set[Veo31GeneratePreviewResizeMode] = {
    "crop",
    "pad",
}


def check_veo_31_generate_preview_resize_mode(
    value: str,
) -> Veo31GeneratePreviewResizeMode:
    if value in VEO_31_GENERATE_PREVIEW_RESIZE_MODE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_GENERATE_PREVIEW_RESIZE_MODE_VALUES!r}"
    )
