from typing import Literal

TencentVideoUpscaleModelParamsMaxFpsType0 = Literal["120", "30", "60", "source"]

TENCENT_VIDEO_UPSCALE_MODEL_PARAMS_MAX_FPS_TYPE_0_VALUES: set[
    TencentVideoUpscaleModelParamsMaxFpsType0
] = {
    "120",
    "30",
    "60",
    "source",
}


def check_tencent_video_upscale_model_params_max_fps_type_0(
    value: str,
) -> TencentVideoUpscaleModelParamsMaxFpsType0:
    if value in TENCENT_VIDEO_UPSCALE_MODEL_PARAMS_MAX_FPS_TYPE_0_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TENCENT_VIDEO_UPSCALE_MODEL_PARAMS_MAX_FPS_TYPE_0_VALUES!r}"
    )
