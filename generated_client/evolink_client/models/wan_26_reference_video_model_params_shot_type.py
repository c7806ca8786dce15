from typing import Literal

Wan26ReferenceVideoModelParamsShotType = Literal["multi", "single"]

WAN_26_REFERENCE_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES: set[
    Wan26ReferenceVideoModelParamsShotType
] = {
    "multi",
    "single",
}


def check_wan_26_reference_video_model_params_shot_type(
    value: str,
) -> Wan26ReferenceVideoModelParamsShotType:
    if value in WAN_26_REFERENCE_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_26_REFERENCE_VIDEO_MODEL_PARAMS_SHOT_TYPE_VALUES!r}"
    )
