from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field
from attrs import setters as _attrs_setters

from ..models.created_task_object import CreatedTaskObject, check_created_task_object
from ..models.created_task_status import CreatedTaskStatus, check_created_task_status
from ..models.task_type import TaskType, check_task_type
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.task_info import TaskInfo
    from ..models.usage import Usage


T = TypeVar("T", bound="CreatedTask")


@_attrs_define(on_setattr=_attrs_setters.NO_OP)
class CreatedTask:
    """A task in the response to a create request.

    Attributes:
        id (str): The id of a task, which begins with `task-unified-`.
        status (CreatedTaskStatus | str): The status of the task.
        created (int | Unset): The time at which the task was created, in Unix seconds.
        model (str | Unset): The model that processes the task.
        object_ (CreatedTaskObject | str | Unset): The kind of task.
        progress (int | Unset): The progress of the task, in percent.
        task_info (None | TaskInfo | Unset): Details of the task.
        type_ (str | TaskType | Unset): The kind of output that the task produces.
        usage (None | Unset | Usage): The cost of the task.
    """

    id: str
    status: CreatedTaskStatus | str
    created: int | Unset = UNSET
    model: str | Unset = UNSET
    object_: CreatedTaskObject | str | Unset = UNSET
    progress: int | Unset = UNSET
    task_info: None | TaskInfo | Unset = UNSET
    type_: str | TaskType | Unset = UNSET
    usage: None | Unset | Usage = UNSET
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

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_status(data: object) -> CreatedTaskStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = check_created_task_status(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CreatedTaskStatus | str, data)

        status = _parse_status(d.pop("status"))

        created = d.pop("created", UNSET)

        model = d.pop("model", UNSET)

        def _parse_object_(data: object) -> CreatedTaskObject | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                object_type_0 = check_created_task_object(data)

                return object_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(CreatedTaskObject | str | Unset, data)

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

        created_task = cls(
            id=id,
            status=status,
            created=created,
            model=model,
            object_=object_,
            progress=progress,
            task_info=task_info,
            type_=type_,
            usage=usage,
        )

        created_task.additional_properties = d
        return created_task

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
    from ..models.task_info import TaskInfo
    from ..models.usage import Usage
