from typing import Literal

KlingCustomElementModelParamsReferenceType = Literal["image_refer", "video_refer"]

KLING_CUSTOM_ELEMENT_MODEL_PARAMS_REFERENCE_TYPE_VALUES: set[
    KlingCustomElementModelParamsReferenceType
] = {
    "image_refer",
    "video_refer",
}


def check_kling_custom_element_model_params_reference_type(
    value: str,
) -> KlingCustomElementModelParamsReferenceType:
    if value in KLING_CUSTOM_ELEMENT_MODEL_PARAMS_REFERENCE_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_CUSTOM_ELEMENT_MODEL_PARAMS_REFERENCE_TYPE_VALUES!r}"
    )
