from typing import Literal

KlingV3TextToVideoSound = Literal["off", "on"]

KLING_V3_TEXT_TO_VIDEO_SOUND_VALUES: set[KlingV3TextToVideoSound] = {
    "off",
    "on",
}


def check_kling_v3_text_to_video_sound(value: str) -> KlingV3TextToVideoSound:
    if value in KLING_V3_TEXT_TO_VIDEO_SOUND_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_V3_TEXT_TO_VIDEO_SOUND_VALUES!r}"
    )
