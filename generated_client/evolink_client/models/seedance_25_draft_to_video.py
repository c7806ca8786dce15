from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define
from attrs import setters as _attrs_setters

from ..models.seedance_25_draft_to_video_output_format import (
    Seedance25DraftToVideoOutputFormat,
    check_seedance_25_draft_to_video_output_format,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="Seedance25DraftToVideo")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Seedance25DraftToVideo:
    """Creates the final video of 1080p from a draft.

    Attributes:
        model (Literal['seedance-2.5-draft-to-video']): The id of the model. Default: 'seedance-2.5-draft-to-video'.
        source_task_id (str): The id of the completed task that has created the draft, with another model of this
            version. The task belongs to the same account, and its draft_expires_at has not passed.
        output_format (Seedance25DraftToVideoOutputFormat | Unset): The format of the video, whatever that of the draft
            is. An mp4 has 1080p with ten bits a colour, in HEVC. Both cost the same. The default is mp4.
        callback_url (str | Unset): The https URL that receives the finished task, of at most 2048 characters. A host in
            a private network or localhost is rejected.
    """

    source_task_id: str
    model: Literal["seedance-2.5-draft-to-video"] = "seedance-2.5-draft-to-video"
    output_format: Seedance25DraftToVideoOutputFormat | Unset = UNSET
    callback_url: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        source_task_id = self.source_task_id

        output_format: str | Unset = UNSET
        if not isinstance(self.output_format, Unset):
            output_format = self.output_format

        callback_url = self.callback_url

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "model": model,
                "source_task_id": source_task_id,
            }
        )
        if output_format is not UNSET:
            field_dict["output_format"] = output_format
        if callback_url is not UNSET:
            field_dict["callback_url"] = callback_url

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = cast(Literal["seedance-2.5-draft-to-video"], d.pop("model"))
        if model != "seedance-2.5-draft-to-video":
            raise ValueError(
                f"model must match const 'seedance-2.5-draft-to-video', got '{model}'"
            )

        source_task_id = d.pop("source_task_id")

        _output_format = d.pop("output_format", UNSET)
        output_format: Seedance25DraftToVideoOutputFormat | Unset
        if isinstance(_output_format, Unset):
            output_format = UNSET
        else:
            output_format = check_seedance_25_draft_to_video_output_format(
                _output_format
            )

        callback_url = d.pop("callback_url", UNSET)

        seedance_25_draft_to_video = cls(
            model=model,
            source_task_id=source_task_id,
            output_format=output_format,
            callback_url=callback_url,
        )

        return seedance_25_draft_to_video
