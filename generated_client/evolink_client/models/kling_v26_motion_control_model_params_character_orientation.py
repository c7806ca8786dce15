from typing import Literal

KlingV26MotionControlModelParamsCharacterOrientation = Literal["image", "video"]

KLING_V26_MOTION_CONTROL_MODEL_PARAMS_CHARACTER_ORIENTATION_VALUES: set[
    KlingV26MotionControlModelParamsCharacterOrientation
] = {
    "image",
    "video",
}


def check_kling_v26_motion_control_model_params_character_orientation(
    value: str,
) -> KlingV26MotionControlModelParamsCharacterOrientation:
    if value in KLING_V26_MOTION_CONTROL_MODEL_PARAMS_CHARACTER_ORIENTATION_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_V26_MOTION_CONTROL_MODEL_PARAMS_CHARACTER_ORIENTATION_VALUES!r}"
    )
