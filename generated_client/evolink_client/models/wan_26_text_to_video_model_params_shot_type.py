from typing import Literal

Wan26TextToVideoModelParamsShotType = Literal["multi", "single"]

WAN_26_TEXT_TO_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES: set[
    Wan26TextToVideoModelParamsShotType
] = {
    "multi",
    "single",
}


def check_wan_26_text_to_video_model_params_shot_type(
    value: str,
) -> Wan26TextToVideoModelParamsShotType:
    if value in WAN_26_TEXT_TO_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_26_TEXT_TO_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES!r}"
    )
