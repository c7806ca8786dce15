from typing import Literal

Veo31GeneratePreviewPersonGeneration = Literal["allow_adult", "dont_allow"]

VEO_31_GENERATE_PREVIEW_PERSON_GENERATION_VALUES: set[
    Veo31GeneratePreviewPersonGeneration
] = {
    "allow_adult",
    "dont_allow",
}


def check_veo_31_generate_preview_person_generation(
    value: str,
) -> Veo31GeneratePreviewPersonGeneration:
    if value in VEO_31_GENERATE_PREVIEW_PERSON_GENERATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {VEO_31_GENERATE_PREVIEW_PERSON_GENERATION_VALUES!r}"
    )
