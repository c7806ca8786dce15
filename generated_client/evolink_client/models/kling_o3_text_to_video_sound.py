from typing import Literal

KlingO3TextToVideoSound = Literal["off", "on"]

KLING_O3_TEXT_TO_VIDEO_SOUND_VALUES: set[KlingO3TextToVideoSound] = {
    "off",
    "on",
}


def check_kling_o3_text_to_video_sound(value: str) -> KlingO3TextToVideoSound:
    if value in KLING_O3_TEXT_TO_VIDEO_SOUND_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {KLING_O3_TEXT_TO_VIDEO_SOUND_VALUES!r}"
    )
