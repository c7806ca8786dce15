from typing import Literal

TencentVideoUpscaleModelParamsMaxFpsType1 = Literal[30, 60, 120]

TENCENT_VIDEO_UPSCALE_MODEL_PARAMS_MAX_FPS_TYPE_1_VALUES: set[
    TencentVideoUpscaleModelParamsMaxFpsType1
] = {
    30,
    60,
    120,
}


def check_tencent_video_upscale_model_params_max_fps_type_1(
    value: int,
) -> TencentVideoUpscaleModelParamsMaxFpsType1:
    if value in TENCENT_VIDEO_UPSCALE_MODEL_PARAMS_MAX_FPS_TYPE_1_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {TENCENT_VIDEO_UPSCALE_MODEL_PARAMS_MAX_FPS_TYPE_1_VALUES!r}"
    )
