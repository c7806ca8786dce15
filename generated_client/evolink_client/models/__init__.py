"""Contains all the data models used in inputs/outputs"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .billing_rule import BillingRule
    from .created_task import CreatedTask
    from .created_task_object import CreatedTaskObject
    from .created_task_status import CreatedTaskStatus
    from .credits_ import Credits
    from .credits_data import CreditsData
    from .error_detail import ErrorDetail
    from .error_response import ErrorResponse
    from .file_error_response import FileErrorResponse
    from .task import Task
    from .task_error import TaskError
    from .task_error_code import TaskErrorCode
    from .task_error_type import TaskErrorType
    from .task_info import TaskInfo
    from .task_object import TaskObject
    from .task_status import TaskStatus
    from .task_type import TaskType
    from .token_credits import TokenCredits
    from .upload_base_64_request import UploadBase64Request
    from .upload_response import UploadResponse
    from .upload_stream_request import UploadStreamRequest
    from .upload_url_request import UploadUrlRequest
    from .uploaded_file import UploadedFile
    from .usage import Usage
    from .user_credits import UserCredits
    from .user_group import UserGroup
    from .wan_25_image_to_video import Wan25ImageToVideo
    from .wan_25_image_to_video_duration import Wan25ImageToVideoDuration
    from .wan_26_reference_video_flash import Wan26ReferenceVideoFlash
    from .wan_26_reference_video_flash_aspect_ratio import (
        Wan26ReferenceVideoFlashAspectRatio,
    )
    from .wan_26_reference_video_flash_model_params import (
        Wan26ReferenceVideoFlashModelParams,
    )
    from .wan_26_reference_video_flash_model_params_shot_type import (
        Wan26ReferenceVideoFlashModelParamsShotType,
    )
    from .wan_26_reference_video_flash_quality import Wan26ReferenceVideoFlashQuality

_MODULES = {
    "BillingRule": ".billing_rule",
    "CreatedTask": ".created_task",
    "CreatedTaskObject": ".created_task_object",
    "CreatedTaskStatus": ".created_task_status",
    "Credits": ".credits_",
    "CreditsData": ".credits_data",
    "ErrorDetail": ".error_detail",
    "ErrorResponse": ".error_response",
    "FileErrorResponse": ".file_error_response",
    "Task": ".task",
    "TaskError": ".task_error",
    "TaskErrorCode": ".task_error_code",
    "TaskErrorType": ".task_error_type",
    "TaskInfo": ".task_info",
    "TaskObject": ".task_object",
    "TaskStatus": ".task_status",
    "TaskType": ".task_type",
    "TokenCredits": ".token_credits",
    "UploadBase64Request": ".upload_base_64_request",
    "UploadResponse": ".upload_response",
    "UploadStreamRequest": ".upload_stream_request",
    "UploadUrlRequest": ".upload_url_request",
    "UploadedFile": ".uploaded_file",
    "Usage": ".usage",
    "UserCredits": ".user_credits",
    "UserGroup": ".user_group",
    "Wan25ImageToVideo": ".wan_25_image_to_video",
    "Wan25ImageToVideoDuration": ".wan_25_image_to_video_duration",
    "Wan26ReferenceVideoFlash": ".wan_26_reference_video_flash",
    "Wan26ReferenceVideoFlashAspectRatio": ".wan_26_reference_video_flash_aspect_ratio",
    "Wan26ReferenceVideoFlashModelParams": ".wan_26_reference_video_flash_model_params",
    "Wan26ReferenceVideoFlashModelParamsShotType": ".wan_26_reference_video_flash_model_params_shot_type",
    "Wan26ReferenceVideoFlashQuality": ".wan_26_reference_video_flash_quality",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


__all__ = (
    "BillingRule",
    "CreatedTask",
    "CreatedTaskObject",
    "CreatedTaskStatus",
    "Credits",
    "CreditsData",
    "ErrorDetail",
    "ErrorResponse",
    "FileErrorResponse",
    "Task",
    "TaskError",
    "TaskErrorCode",
    "TaskErrorType",
    "TaskInfo",
    "TaskObject",
    "TaskStatus",
    "TaskType",
    "TokenCredits",
    "UploadBase64Request",
    "UploadedFile",
    "UploadResponse",
    "UploadStreamRequest",
    "UploadUrlRequest",
    "Usage",
    "UserCredits",
    "UserGroup",
    "Wan25ImageToVideo",
    "Wan25ImageToVideoDuration",
    "Wan26ReferenceVideoFlash",
    "Wan26ReferenceVideoFlashAspectRatio",
    "Wan26ReferenceVideoFlashModelParams",
    "Wan26ReferenceVideoFlashModelParamsShotType",
    "Wan26ReferenceVideoFlashQuality",
)
