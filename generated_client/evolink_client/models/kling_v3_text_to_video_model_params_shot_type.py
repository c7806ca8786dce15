from typing import Literal

KlingV3TextToVideoModelParamsShotType = Literal["customize", "intelligence"]

KLING_V3_TEXT_TO_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES: set[
    KlingV3TextToVideoModelParamsShotType
] = {
    "customize",
    "intelligence",
}


def check_kling_v3_text_to_video_model_params_shot_type(
    value: str,
) -> KlingV3TextToVideoModelParamsShotType:
    if value in KLING_V3_TEXT_TO_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_V3_TEXT_TO_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES!r}"
    )
