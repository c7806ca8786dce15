from typing import Literal

GrokImagineImageToVideoBetaMode = Literal["fun", "normal", "spicy"]

GROK_IMAGINE_IMAGE_TO_VIDEO_BETA_MODE_VALUES: set[GrokImagineImageToVideoBetaMode] = {
    "fun",
    "normal",
    "spicy",
}


def check_grok_imagine_image_to_video_beta_mode(
    value: str,
) -> GrokImagineImageToVideoBetaMode:
    if value in GROK_IMAGINE_IMAGE_TO_VIDEO_BETA_MODE_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GROK_IMAGINE_IMAGE_TO_VIDEO_BETA_MODE_VALUES!r}"
    )
