from typing import Literal

Happyhorse10ReferenceToVideoAspectRatio = Literal[
    "16:9", "1:1", "21:9", "3:4", "4:3", "4:5", "5:4", "9:16", "9:21"
]

HAPPYHORSE_10_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES: set[
    Happyhorse10ReferenceToVideoAspectRatio
] = {
    "16:9",
    "1:1",
    "21:9",
    "3:4",
    "4:3",
    "4:5",
    "5:4",
    "9:16",
    "9:21",
}


def check_happyhorse_10_reference_to_video_aspect_ratio(
    value: str,
) -> Happyhorse10ReferenceToVideoAspectRatio:
    if value in HAPPYHORSE_10_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {HAPPYHORSE_10_REFERENCE_TO_VIDEO_ASPECT_RATIO_VALUES!r}"
    )
