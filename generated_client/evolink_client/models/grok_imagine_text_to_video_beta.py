from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.grok_imagine_text_to_video_beta_aspect_ratio import (
    GrokImagineTextToVideoBetaAspectRatio,
    check_grok_imagine_text_to_video_beta_aspect_ratio,
)
from ..models.grok_imagine_text_to_video_beta_mode import (
    GrokImagineTextToVideoBetaMode,
    check_grok_imagine_text_to_video_beta_mode,
)
from ..models.grok_imagine_text_to_video_beta_quality import (
    GrokImagineTextToVideoBetaQuality,
    check_grok_imagine_text_to_video_beta_quality,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="GrokImagineTextToVideoBeta")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class GrokImagineTextToVideoBeta:
    """Creates a video from a prompt.

    Attributes:
        model (Literal['grok-imagine-text-to-video-beta']): The id of the model. Default: 'grok-imagine-text-to-video-
            beta'.
        prompt (str): The description of the video.
        duration (int | Unset): The length of the video in whole seconds, 6 to 30. The default is 6.
        mode (GrokImagineTextToVideoBetaMode | Unset): The mood of the video. The default is normal.
        aspect_ratio (GrokImagineTextToVideoBetaAspectRatio | Unset): The ratio of width to height. The default is 16:9.
        quality (GrokImagineTextToVideoBetaQuality | Unset): The resolution of the video. The default is 480p.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    prompt: str
    model: Literal["grok-imagine-text-to-video-beta"] = (
        "grok-imagine-text-to-video-beta"
    )
    duration: int | Unset = UNSET
    mode: GrokImagineTextToVideoBetaMode | Unset = UNSET
    aspect_ratio: GrokImagineTextToVideoBetaAspectRatio | Unset = UNSET
    quality: GrokImagineTextToVideoBetaQuality | Unset = UNSET
    callback_url: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        prompt = self.prompt

        duration = self.duration

        mode: str | Unset = UNSET
        if not isinstance(self.mode, Unset):
            mode = self.mode

        aspect_ratio: str | Unset = UNSET
        if not isinstance(self.aspect_ratio, Unset):
            aspect_ratio = self.aspect_ratio

        quality: str | Unset = UNSET
        if not isinstance(self.quality, Unset):
            quality = self.quality

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "prompt": prompt,
            }
        )
        if duration is not UNSET:
            field_dict["duration"] = duration
        if mode is not UNSET:
            field_dict["mode"] = mode
        if aspect_ratio is not UNSET:
            field_dict["aspect_ratio"] = aspect_ratio
        if quality is not UNSET:
            field_dict["quality"] = quality
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["grok-imagine-text-to-video-beta"], d.pop("model"))
        if model != "grok-imagine-text-to-video-beta":
            raise ValueError(
                f"model must match const 'grok-imagine-text-to-video-beta', got '{model}'"
            )

        prompt = d.pop("prompt")

        duration = d.pop("duration", UNSET)

        _mode = d.pop("mode", UNSET)
        mode: GrokImagineTextToVideoBetaMode | Unset
        if isinstance(_mode, Unset):
            mode = UNSET
        else:
            mode = check_grok_imagine_text_to_video_beta_mode(_mode)

        _aspect_ratio = d.pop("aspect_ratio", UNSET)
        aspect_ratio: GrokImagineTextToVideoBetaAspectRatio | Unset
        if isinstance(_aspect_ratio, Unset):
            aspect_ratio = UNSET
        else:
            aspect_ratio = check_grok_imagine_text_to_video_beta_aspect_ratio(
                _aspect_ratio
            )

        _quality = d.pop("quality", UNSET)
        quality: GrokImagineTextToVideoBetaQuality | Unset
        if isinstance(_quality, Unset):
            quality = UNSET
        else:
            quality = check_grok_imagine_text_to_video_beta_quality(_quality)

        callback_url = d.pop("callback_url", UNSET)

        grok_imagine_text_to_video_beta = cls(
            model=model,
            prompt=prompt,
            duration=duration,
            mode=mode,
            aspect_ratio=aspect_ratio,
            quality=quality,
            callback_url=callback_url,
        )

        grok_imagine_text_to_video_beta.additional_properties = d
        return grok_imagine_text_to_video_beta

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
