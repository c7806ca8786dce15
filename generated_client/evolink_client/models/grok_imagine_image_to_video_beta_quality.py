from typing import Literal

GrokImagineImageToVideoBetaQuality = Literal["480p", "720p"]

GROK_IMAGINE_IMAGE_TO_VIDEO_BETA_QUALITY_VALUES: set[
    GrokImagineImageToVideoBetaQuality
] = {
    "480p",
    "720p",
}


def check_grok_imagine_image_to_video_beta_quality(
    value: str,
) -> GrokImagineImageToVideoBetaQuality:
    if value in GROK_IMAGINE_IMAGE_TO_VIDEO_BETA_QUALITY_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GROK_IMAGINE_IMAGE_TO_VIDEO_BETA_QUALITY_VALUES!r}"
    )
