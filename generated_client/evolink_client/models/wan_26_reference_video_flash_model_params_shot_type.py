from typing import Literal

Wan26ReferenceVideoFlashModelParamsShotType = Literal["multi", "single"]

WAN_26_REFERENCE_VIDEO_FLASH_MODEL_PARAMS_SHOT_TYPE_VALUES: set[
    Wan26ReferenceVideoFlashModelParamsShotType
] = {
    "multi",
    "single",
}


def check_wan_26_reference_video_flash_model_params_shot_type(
    value: str,
) -> Wan26ReferenceVideoFlashModelParamsShotType:
    if value in WAN_26_REFERENCE_VIDEO_FLASH_MODEL_PARAMS_SHOT_TYPE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {WAN_26_REFERENCE_VIDEO_FLASH_MODEL_PARAMS_SHOT_TYPE_VALUES!r}"
    )
