from typing import Literal

Veo31GeneratePreviewGenerationType = Literal["FIRST&LAST", "REFERENCE", "TEXT"]

VEO_31_GENERATE_PREVIEW_GENERATION_TYPE_VALUES: set[
    Veo31GeneratePreviewGenerationType
] = {
    "FIRST&LAST",
    "REFERENCE",
    "TEXT",
}


def check_veo_31_generate_preview_generation_type(
    value: str,
) -> Veo31GeneratePreviewGenerationType:
    if value in VEO_31_GENERATE_PREVIEW_GENERATION_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_GENERATE_PREVIEW_GENERATION_TYPE_VALUES!r}"
    )
