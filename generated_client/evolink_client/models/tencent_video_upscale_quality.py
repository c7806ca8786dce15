from typing import Literal

TencentVideoUpscaleQuality = Literal["1080p", "2k", "4k", "720p"]

TENCENT_VIDEO_UPSCALE_QUALITY_VALUES: set[TencentVideoUpscaleQuality] = {
    "1080p",
    "2k",
    "4k",
    "720p",
}


def check_tencent_video_upscale_quality(value: str) -> TencentVideoUpscaleQuality:
    if value in TENCENT_VIDEO_UPSCALE_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TENCENT_VIDEO_UPSCALE_QUALITY_VALUES!r}"
    )
