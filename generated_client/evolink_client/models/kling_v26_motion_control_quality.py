from typing import Literal

KlingV26MotionControlQuality = Literal["1080p", "720p"]

KLING_V26_MOTION_CONTROL_QUALITY_VALUES: set[KlingV26MotionControlQuality] = {
    "1080p",
    "720p",
}


def check_kling_v26_motion_control_quality(value: str) -> KlingV26MotionControlQuality:
    if value in KLING_V26_MOTION_CONTROL_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_V26_MOTION_CONTROL_QUALITY_VALUES!r}"
    )
