from typing import Literal

TencentVideoUpscaleMode = Literal[
    "animation",
    "animation_distant",
    "detail_boost",
    "face_fidelity",
    "realistic",
    "realistic_distant",
    "soft",
]

TENCENT_VIDEO_UPSCALE_MODE_VALUES: set[TencentVideoUpscaleMode] = {
    "animation",
    "animation_distant",
    "detail_boost",
    "face_fidelity",
    "realistic",
    "realistic_distant",
    "soft",
}


def check_tencent_video_upscale_mode(value: str) -> TencentVideoUpscaleMode:
    if value in TENCENT_VIDEO_UPSCALE_MODE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TENCENT_VIDEO_UPSCALE_MODE_VALUES!r}"
    )
