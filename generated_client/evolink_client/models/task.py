from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.task_object import TaskObject, check_task_object
from ..models.task_status import TaskStatus, check_task_status
from ..models.task_type import TaskType, check_task_type
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.result_data import ResultData
    from ..models.task_error import TaskError
    from ..models.task_info import TaskInfo
    from ..models.usage import Usage


T = TypeVar("T", bound="Task")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class Task:
    """A task in the response to a query and in a callback.

    Attributes:
        id (str): The id of a task, which begins with `task-unified-`.
        status (str | TaskStatus): The status of the task.
        created (int | Unset): The time at which the task was created, in Unix seconds.
        model (str | Unset): The model that processes the task.
        object_ (str | TaskObject | Unset): The kind of task.
        progress (int | Unset): The progress of the task, in percent.
        task_info (None | TaskInfo | Unset): Details of the task.
        type_ (str | TaskType | Unset): The kind of output that the task produces.
        usage (None | Unset | Usage): The cost of the task. The pages do not document which of its fields a query
            returns.
        results (list[str] | None | Unset): The links to the produced files of a completed task. They stay valid for 24
            hours.
        video_duration (float | Unset): The length of the video of a completed task, in seconds. Only tasks of some
            models have this field.
        draft_expires_at (int | str | Unset): The time until which a completed draft can be made a video, in Unix
            seconds or as a date and time.
        result_data (None | ResultData | Unset): What a completed task has produced, where that is not a file. Only
            tasks of some models have this field.
        error (None | TaskError | Unset): The reason why the task failed.
    """

    id: str
    status: str | TaskStatus
    created: int | Unset = UNSET
    model: str | Unset = UNSET
    object_: str | TaskObject | Unset = UNSET
    progress: int | Unset = UNSET
    task_info: None | TaskInfo | Unset = UNSET
    type_: str | TaskType | Unset = UNSET
    usage: None | Unset | Usage = UNSET
    results: list[str] | None | Unset = UNSET
    video_duration: float | Unset = UNSET
    draft_expires_at: int | str | Unset = UNSET
    result_data: None | ResultData | Unset = UNSET
    error: None | TaskError | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(
        factory=dict, kw_only=True, converter=dict
    )

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        status: str
        if isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        created = self.created

        model = self.model

        object_: str | Unset
        if isinstance(self.object_, Unset):
            object_ = UNSET
        elif isinstance(self.object_, str):
            object_ = self.object_
        else:
            object_ = self.object_

        progress = self.progress

        task_info: dict[str, Any] | None | Unset
        if isinstance(self.task_info, Unset):
            task_info = UNSET
        elif isinstance(self.task_info, TaskInfo):
            task_info = self.task_info.to_dict()
        else:
            task_info = self.task_info

        type_: str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        elif isinstance(self.type_, str):
            type_ = self.type_
        else:
            type_ = self.type_

        usage: dict[str, Any] | None | Unset
        if isinstance(self.usage, Unset):
            usage = UNSET
        elif isinstance(self.usage, Usage):
            usage = self.usage.to_dict()
        else:
            usage = self.usage

        results: list[str] | None | Unset
        if isinstance(self.results, Unset):
            results = UNSET
        elif isinstance(self.results, list):
            results = self.results

        else:
            results = self.results

        video_duration = self.video_duration

        draft_expires_at: int | str | Unset
        if isinstance(self.draft_expires_at, Unset):
            draft_expires_at = UNSET
        else:
            draft_expires_at = self.draft_expires_at

        result_data: dict[str, Any] | None | Unset
        if isinstance(self.result_data, Unset):
            result_data = UNSET
        elif isinstance(self.result_data, ResultData):
            result_data = self.result_data.to_dict()
        else:
            result_data = self.result_data

        error: dict[str, Any] | None | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        elif isinstance(self.error, TaskError):
            error = self.error.to_dict()
        else:
            error = self.error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
            }
        )
        if created is not UNSET:
            field_dict["created"] = created
        if model is not UNSET:
            field_dict["model"] = model
        if object_ is not UNSET:
            field_dict["object"] = object_
        if progress is not UNSET:
            field_dict["progress"] = progress
        if task_info is not UNSET:
            field_dict["task_info"] = task_info
        if type_ is not UNSET:
            field_dict["type"] = type_
        if usage is not UNSET:
            field_dict["usage"] = usage
        if results is not UNSET:
            field_dict["results"] = results
        if video_duration is not UNSET:
            field_dict["video_duration"] = video_duration
        if draft_expires_at is not UNSET:
            field_dict["draft_expires_at"] = draft_expires_at
        if result_data is not UNSET:
            field_dict["result_data"] = result_data
        if error is not UNSET:
            field_dict["error"] = error

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_status(data: object) -> str | TaskStatus:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = check_task_status(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | TaskStatus, data)

        status = _parse_status(d.pop("status"))

        created = d.pop("created", UNSET)

        model = d.pop("model", UNSET)

        def _parse_object_(data: object) -> str | TaskObject | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                object_type_0 = check_task_object(data)

                return object_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | TaskObject | Unset, data)

        object_ = _parse_object_(d.pop("object", UNSET))

        progress = d.pop("progress", UNSET)

        def _parse_task_info(data: object) -> None | TaskInfo | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                task_info_type_0 = TaskInfo.from_dict(data)

                return task_info_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TaskInfo | Unset, data)

        task_info = _parse_task_info(d.pop("task_info", UNSET))

        def _parse_type_(data: object) -> str | TaskType | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = check_task_type(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(str | TaskType | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))

        def _parse_usage(data: object) -> None | Unset | Usage:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                usage_type_0 = Usage.from_dict(data)

                return usage_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Unset | Usage, data)

        usage = _parse_usage(d.pop("usage", UNSET))

        def _parse_results(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                results_type_0 = cast(list[str], data)

                return results_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        results = _parse_results(d.pop("results", UNSET))

        video_duration = d.pop("video_duration", UNSET)

        def _parse_draft_expires_at(data: object) -> int | str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(int | str | Unset, data)

        draft_expires_at = _parse_draft_expires_at(d.pop("draft_expires_at", UNSET))

        def _parse_result_data(data: object) -> None | ResultData | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_data_type_0 = ResultData.from_dict(data)

                return result_data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | ResultData | Unset, data)

        result_data = _parse_result_data(d.pop("result_data", UNSET))

        def _parse_error(data: object) -> None | TaskError | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = TaskError.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TaskError | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        task = cls(
            id=id,
            status=status,
            created=created,
            model=model,
            object_=object_,
            progress=progress,
            task_info=task_info,
            type_=type_,
            usage=usage,
            results=results,
            video_duration=video_duration,
            draft_expires_at=draft_expires_at,
            result_data=result_data,
            error=error,
        )

        task.additional_properties = d
        return task

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


if not TYPE_CHECKING:
    from ..models.result_data import ResultData
    from ..models.task_error import TaskError
    from ..models.task_info import TaskInfo
    from ..models.usage import Usage
