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
    from .doubao_seedance_10_pro_fast import DoubaoSeedance10ProFast
    from .doubao_seedance_10_pro_fast_aspect_ratio import (
        DoubaoSeedance10ProFastAspectRatio,
    )
    from .doubao_seedance_10_pro_fast_quality import DoubaoSeedance10ProFastQuality
    from .error_detail import ErrorDetail
    from .error_response import ErrorResponse
    from .file_error_response import FileErrorResponse
    from .gemini_omni_11_flash_image_to_video import GeminiOmni11FlashImageToVideo
    from .gemini_omni_11_flash_image_to_video_aspect_ratio import (
        GeminiOmni11FlashImageToVideoAspectRatio,
    )
    from .gemini_omni_11_flash_image_to_video_quality import (
        GeminiOmni11FlashImageToVideoQuality,
    )
    from .gemini_omni_11_flash_reference_to_video import (
        GeminiOmni11FlashReferenceToVideo,
    )
    from .gemini_omni_11_flash_reference_to_video_aspect_ratio import (
        GeminiOmni11FlashReferenceToVideoAspectRatio,
    )
    from .gemini_omni_11_flash_reference_to_video_quality import (
        GeminiOmni11FlashReferenceToVideoQuality,
    )
    from .gemini_omni_11_flash_text_to_video import GeminiOmni11FlashTextToVideo
    from .gemini_omni_11_flash_text_to_video_aspect_ratio import (
        GeminiOmni11FlashTextToVideoAspectRatio,
    )
    from .gemini_omni_11_flash_text_to_video_quality import (
        GeminiOmni11FlashTextToVideoQuality,
    )
    from .gemini_omni_11_flash_video_edit import GeminiOmni11FlashVideoEdit
    from .gemini_omni_11_flash_video_edit_aspect_ratio import (
        GeminiOmni11FlashVideoEditAspectRatio,
    )
    from .gemini_omni_11_flash_video_edit_duration import (
        GeminiOmni11FlashVideoEditDuration,
    )
    from .gemini_omni_11_flash_video_edit_quality import (
        GeminiOmni11FlashVideoEditQuality,
    )
    from .gemini_omni_11_flash_video_extend import GeminiOmni11FlashVideoExtend
    from .gemini_omni_11_flash_video_extend_aspect_ratio import (
        GeminiOmni11FlashVideoExtendAspectRatio,
    )
    from .gemini_omni_11_flash_video_extend_quality import (
        GeminiOmni11FlashVideoExtendQuality,
    )
    from .gemini_omni_flash_image_to_video import GeminiOmniFlashImageToVideo
    from .gemini_omni_flash_image_to_video_aspect_ratio import (
        GeminiOmniFlashImageToVideoAspectRatio,
    )
    from .gemini_omni_flash_reference_to_video import GeminiOmniFlashReferenceToVideo
    from .gemini_omni_flash_reference_to_video_aspect_ratio import (
        GeminiOmniFlashReferenceToVideoAspectRatio,
    )
    from .gemini_omni_flash_text_to_video import GeminiOmniFlashTextToVideo
    from .gemini_omni_flash_text_to_video_aspect_ratio import (
        GeminiOmniFlashTextToVideoAspectRatio,
    )
    from .gemini_omni_flash_video_edit import GeminiOmniFlashVideoEdit
    from .grok_imagine_image_to_video_beta import GrokImagineImageToVideoBeta
    from .grok_imagine_image_to_video_beta_aspect_ratio import (
        GrokImagineImageToVideoBetaAspectRatio,
    )
    from .grok_imagine_image_to_video_beta_mode import GrokImagineImageToVideoBetaMode
    from .grok_imagine_image_to_video_beta_quality import (
        GrokImagineImageToVideoBetaQuality,
    )
    from .grok_imagine_text_to_video_beta import GrokImagineTextToVideoBeta
    from .grok_imagine_text_to_video_beta_aspect_ratio import (
        GrokImagineTextToVideoBetaAspectRatio,
    )
    from .grok_imagine_text_to_video_beta_mode import GrokImagineTextToVideoBetaMode
    from .grok_imagine_text_to_video_beta_quality import (
        GrokImagineTextToVideoBetaQuality,
    )
    from .grok_imagine_video_10i2v import GrokImagineVideo10I2V
    from .grok_imagine_video_10i2v_aspect_ratio import GrokImagineVideo10I2VAspectRatio
    from .grok_imagine_video_10i2v_quality import GrokImagineVideo10I2VQuality
    from .grok_imagine_video_10t2v import GrokImagineVideo10T2V
    from .grok_imagine_video_10t2v_aspect_ratio import GrokImagineVideo10T2VAspectRatio
    from .grok_imagine_video_10t2v_quality import GrokImagineVideo10T2VQuality
    from .grok_imagine_video_15_preview import GrokImagineVideo15Preview
    from .grok_imagine_video_15_preview_aspect_ratio import (
        GrokImagineVideo15PreviewAspectRatio,
    )
    from .grok_imagine_video_15_preview_quality import GrokImagineVideo15PreviewQuality
    from .happyhorse_10_image_to_video import Happyhorse10ImageToVideo
    from .happyhorse_10_image_to_video_quality import Happyhorse10ImageToVideoQuality
    from .happyhorse_10_reference_to_video import Happyhorse10ReferenceToVideo
    from .happyhorse_10_reference_to_video_aspect_ratio import (
        Happyhorse10ReferenceToVideoAspectRatio,
    )
    from .happyhorse_10_reference_to_video_quality import (
        Happyhorse10ReferenceToVideoQuality,
    )
    from .happyhorse_10_text_to_video import Happyhorse10TextToVideo
    from .happyhorse_10_text_to_video_aspect_ratio import (
        Happyhorse10TextToVideoAspectRatio,
    )
    from .happyhorse_10_text_to_video_quality import Happyhorse10TextToVideoQuality
    from .happyhorse_10_video_edit import Happyhorse10VideoEdit
    from .happyhorse_10_video_edit_quality import Happyhorse10VideoEditQuality
    from .happyhorse_11_image_to_video import Happyhorse11ImageToVideo
    from .happyhorse_11_image_to_video_quality import Happyhorse11ImageToVideoQuality
    from .happyhorse_11_reference_to_video import Happyhorse11ReferenceToVideo
    from .happyhorse_11_reference_to_video_aspect_ratio import (
        Happyhorse11ReferenceToVideoAspectRatio,
    )
    from .happyhorse_11_reference_to_video_quality import (
        Happyhorse11ReferenceToVideoQuality,
    )
    from .happyhorse_11_text_to_video import Happyhorse11TextToVideo
    from .happyhorse_11_text_to_video_aspect_ratio import (
        Happyhorse11TextToVideoAspectRatio,
    )
    from .happyhorse_11_text_to_video_quality import Happyhorse11TextToVideoQuality
    from .mini_max_hailuo_02 import MiniMaxHailuo02
    from .mini_max_hailuo_02_duration import MiniMaxHailuo02Duration
    from .mini_max_hailuo_02_model_params import MiniMaxHailuo02ModelParams
    from .mini_max_hailuo_02_quality import MiniMaxHailuo02Quality
    from .mini_max_hailuo_23 import MiniMaxHailuo23
    from .mini_max_hailuo_23_duration import MiniMaxHailuo23Duration
    from .mini_max_hailuo_23_fast import MiniMaxHailuo23Fast
    from .mini_max_hailuo_23_fast_duration import MiniMaxHailuo23FastDuration
    from .mini_max_hailuo_23_fast_model_params import MiniMaxHailuo23FastModelParams
    from .mini_max_hailuo_23_fast_quality import MiniMaxHailuo23FastQuality
    from .mini_max_hailuo_23_model_params import MiniMaxHailuo23ModelParams
    from .mini_max_hailuo_23_quality import MiniMaxHailuo23Quality
    from .result_data import ResultData
    from .seedance_15_pro import Seedance15Pro
    from .seedance_15_pro_aspect_ratio import Seedance15ProAspectRatio
    from .seedance_15_pro_quality import Seedance15ProQuality
    from .seedance_20_fast_image_to_video import Seedance20FastImageToVideo
    from .seedance_20_fast_image_to_video_aspect_ratio import (
        Seedance20FastImageToVideoAspectRatio,
    )
    from .seedance_20_fast_image_to_video_quality import (
        Seedance20FastImageToVideoQuality,
    )
    from .seedance_20_fast_reference_to_video import Seedance20FastReferenceToVideo
    from .seedance_20_fast_reference_to_video_aspect_ratio import (
        Seedance20FastReferenceToVideoAspectRatio,
    )
    from .seedance_20_fast_reference_to_video_quality import (
        Seedance20FastReferenceToVideoQuality,
    )
    from .seedance_20_fast_text_to_video import Seedance20FastTextToVideo
    from .seedance_20_fast_text_to_video_aspect_ratio import (
        Seedance20FastTextToVideoAspectRatio,
    )
    from .seedance_20_fast_text_to_video_model_params import (
        Seedance20FastTextToVideoModelParams,
    )
    from .seedance_20_fast_text_to_video_quality import Seedance20FastTextToVideoQuality
    from .seedance_20_image_to_video import Seedance20ImageToVideo
    from .seedance_20_image_to_video_aspect_ratio import (
        Seedance20ImageToVideoAspectRatio,
    )
    from .seedance_20_image_to_video_quality import Seedance20ImageToVideoQuality
    from .seedance_20_mini_image_to_video import Seedance20MiniImageToVideo
    from .seedance_20_mini_image_to_video_aspect_ratio import (
        Seedance20MiniImageToVideoAspectRatio,
    )
    from .seedance_20_mini_image_to_video_quality import (
        Seedance20MiniImageToVideoQuality,
    )
    from .seedance_20_mini_reference_to_video import Seedance20MiniReferenceToVideo
    from .seedance_20_mini_reference_to_video_aspect_ratio import (
        Seedance20MiniReferenceToVideoAspectRatio,
    )
    from .seedance_20_mini_reference_to_video_quality import (
        Seedance20MiniReferenceToVideoQuality,
    )
    from .seedance_20_mini_text_to_video import Seedance20MiniTextToVideo
    from .seedance_20_mini_text_to_video_aspect_ratio import (
        Seedance20MiniTextToVideoAspectRatio,
    )
    from .seedance_20_mini_text_to_video_quality import Seedance20MiniTextToVideoQuality
    from .seedance_20_reference_to_video import Seedance20ReferenceToVideo
    from .seedance_20_reference_to_video_aspect_ratio import (
        Seedance20ReferenceToVideoAspectRatio,
    )
    from .seedance_20_reference_to_video_quality import (
        Seedance20ReferenceToVideoQuality,
    )
    from .seedance_20_text_to_video import Seedance20TextToVideo
    from .seedance_20_text_to_video_aspect_ratio import Seedance20TextToVideoAspectRatio
    from .seedance_20_text_to_video_model_params import Seedance20TextToVideoModelParams
    from .seedance_20_text_to_video_quality import Seedance20TextToVideoQuality
    from .seedance_25_draft_to_video import Seedance25DraftToVideo
    from .seedance_25_draft_to_video_output_format import (
        Seedance25DraftToVideoOutputFormat,
    )
    from .seedance_25_image_to_video import Seedance25ImageToVideo
    from .seedance_25_image_to_video_aspect_ratio import (
        Seedance25ImageToVideoAspectRatio,
    )
    from .seedance_25_image_to_video_output_format import (
        Seedance25ImageToVideoOutputFormat,
    )
    from .seedance_25_image_to_video_quality import Seedance25ImageToVideoQuality
    from .seedance_25_reference_to_video import Seedance25ReferenceToVideo
    from .seedance_25_reference_to_video_aspect_ratio import (
        Seedance25ReferenceToVideoAspectRatio,
    )
    from .seedance_25_reference_to_video_output_format import (
        Seedance25ReferenceToVideoOutputFormat,
    )
    from .seedance_25_reference_to_video_quality import (
        Seedance25ReferenceToVideoQuality,
    )
    from .seedance_25_text_to_video import Seedance25TextToVideo
    from .seedance_25_text_to_video_aspect_ratio import Seedance25TextToVideoAspectRatio
    from .seedance_25_text_to_video_model_params import Seedance25TextToVideoModelParams
    from .seedance_25_text_to_video_output_format import (
        Seedance25TextToVideoOutputFormat,
    )
    from .seedance_25_text_to_video_quality import Seedance25TextToVideoQuality
    from .seedance_25_video_edit import Seedance25VideoEdit
    from .seedance_25_video_edit_aspect_ratio import Seedance25VideoEditAspectRatio
    from .seedance_25_video_edit_duration import Seedance25VideoEditDuration
    from .seedance_25_video_edit_output_format import Seedance25VideoEditOutputFormat
    from .seedance_25_video_edit_quality import Seedance25VideoEditQuality
    from .seedance_25_video_extend import Seedance25VideoExtend
    from .seedance_25_video_extend_aspect_ratio import Seedance25VideoExtendAspectRatio
    from .seedance_25_video_extend_output_format import (
        Seedance25VideoExtendOutputFormat,
    )
    from .seedance_25_video_extend_quality import Seedance25VideoExtendQuality
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
    from .wan_25_image_to_video_quality import Wan25ImageToVideoQuality
    from .wan_25_text_to_video import Wan25TextToVideo
    from .wan_25_text_to_video_aspect_ratio import Wan25TextToVideoAspectRatio
    from .wan_25_text_to_video_duration import Wan25TextToVideoDuration
    from .wan_25_text_to_video_quality import Wan25TextToVideoQuality
    from .wan_26_image_to_video import Wan26ImageToVideo
    from .wan_26_image_to_video_flash import Wan26ImageToVideoFlash
    from .wan_26_image_to_video_flash_model_params import (
        Wan26ImageToVideoFlashModelParams,
    )
    from .wan_26_image_to_video_flash_model_params_shot_type import (
        Wan26ImageToVideoFlashModelParamsShotType,
    )
    from .wan_26_image_to_video_flash_quality import Wan26ImageToVideoFlashQuality
    from .wan_26_image_to_video_model_params import Wan26ImageToVideoModelParams
    from .wan_26_image_to_video_model_params_shot_type import (
        Wan26ImageToVideoModelParamsShotType,
    )
    from .wan_26_image_to_video_quality import Wan26ImageToVideoQuality
    from .wan_26_reference_video import Wan26ReferenceVideo
    from .wan_26_reference_video_aspect_ratio import Wan26ReferenceVideoAspectRatio
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
    from .wan_26_reference_video_model_params import Wan26ReferenceVideoModelParams
    from .wan_26_reference_video_model_params_shot_type import (
        Wan26ReferenceVideoModelParamsShotType,
    )
    from .wan_26_reference_video_quality import Wan26ReferenceVideoQuality
    from .wan_26_text_to_video import Wan26TextToVideo
    from .wan_26_text_to_video_aspect_ratio import Wan26TextToVideoAspectRatio
    from .wan_26_text_to_video_model_params import Wan26TextToVideoModelParams
    from .wan_26_text_to_video_model_params_shot_type import (
        Wan26TextToVideoModelParamsShotType,
    )
    from .wan_26_text_to_video_quality import Wan26TextToVideoQuality
    from .wan_27_image_to_video import Wan27ImageToVideo
    from .wan_27_image_to_video_generation_mode import Wan27ImageToVideoGenerationMode
    from .wan_27_image_to_video_quality import Wan27ImageToVideoQuality
    from .wan_27_reference_video import Wan27ReferenceVideo
    from .wan_27_reference_video_aspect_ratio import Wan27ReferenceVideoAspectRatio
    from .wan_27_reference_video_model_params import Wan27ReferenceVideoModelParams
    from .wan_27_reference_video_model_params_voice_bindings import (
        Wan27ReferenceVideoModelParamsVoiceBindings,
    )
    from .wan_27_reference_video_quality import Wan27ReferenceVideoQuality
    from .wan_27_text_to_video import Wan27TextToVideo
    from .wan_27_text_to_video_aspect_ratio import Wan27TextToVideoAspectRatio
    from .wan_27_text_to_video_quality import Wan27TextToVideoQuality
    from .wan_27_video_edit import Wan27VideoEdit
    from .wan_27_video_edit_aspect_ratio import Wan27VideoEditAspectRatio
    from .wan_27_video_edit_quality import Wan27VideoEditQuality
    from .wan_30_image_to_video import Wan30ImageToVideo
    from .wan_30_image_to_video_aspect_ratio import Wan30ImageToVideoAspectRatio
    from .wan_30_image_to_video_quality import Wan30ImageToVideoQuality
    from .wan_30_prime_image_to_video import Wan30PrimeImageToVideo
    from .wan_30_prime_image_to_video_aspect_ratio import (
        Wan30PrimeImageToVideoAspectRatio,
    )
    from .wan_30_prime_image_to_video_quality import Wan30PrimeImageToVideoQuality
    from .wan_30_prime_reference_video import Wan30PrimeReferenceVideo
    from .wan_30_prime_reference_video_aspect_ratio import (
        Wan30PrimeReferenceVideoAspectRatio,
    )
    from .wan_30_prime_reference_video_model_params import (
        Wan30PrimeReferenceVideoModelParams,
    )
    from .wan_30_prime_reference_video_quality import Wan30PrimeReferenceVideoQuality
    from .wan_30_prime_text_to_video import Wan30PrimeTextToVideo
    from .wan_30_prime_text_to_video_aspect_ratio import (
        Wan30PrimeTextToVideoAspectRatio,
    )
    from .wan_30_prime_text_to_video_quality import Wan30PrimeTextToVideoQuality
    from .wan_30_reference_video import Wan30ReferenceVideo
    from .wan_30_reference_video_aspect_ratio import Wan30ReferenceVideoAspectRatio
    from .wan_30_reference_video_model_params import Wan30ReferenceVideoModelParams
    from .wan_30_reference_video_quality import Wan30ReferenceVideoQuality
    from .wan_30_text_to_video import Wan30TextToVideo
    from .wan_30_text_to_video_aspect_ratio import Wan30TextToVideoAspectRatio
    from .wan_30_text_to_video_quality import Wan30TextToVideoQuality

_MODULES = {
    "BillingRule": ".billing_rule",
    "CreatedTask": ".created_task",
    "CreatedTaskObject": ".created_task_object",
    "CreatedTaskStatus": ".created_task_status",
    "Credits": ".credits_",
    "CreditsData": ".credits_data",
    "DoubaoSeedance10ProFast": ".doubao_seedance_10_pro_fast",
    "DoubaoSeedance10ProFastAspectRatio": ".doubao_seedance_10_pro_fast_aspect_ratio",
    "DoubaoSeedance10ProFastQuality": ".doubao_seedance_10_pro_fast_quality",
    "ErrorDetail": ".error_detail",
    "ErrorResponse": ".error_response",
    "FileErrorResponse": ".file_error_response",
    "GeminiOmni11FlashImageToVideo": ".gemini_omni_11_flash_image_to_video",
    "GeminiOmni11FlashImageToVideoAspectRatio": ".gemini_omni_11_flash_image_to_video_aspect_ratio",
    "GeminiOmni11FlashImageToVideoQuality": ".gemini_omni_11_flash_image_to_video_quality",
    "GeminiOmni11FlashReferenceToVideo": ".gemini_omni_11_flash_reference_to_video",
    "GeminiOmni11FlashReferenceToVideoAspectRatio": ".gemini_omni_11_flash_reference_to_video_aspect_ratio",
    "GeminiOmni11FlashReferenceToVideoQuality": ".gemini_omni_11_flash_reference_to_video_quality",
    "GeminiOmni11FlashTextToVideo": ".gemini_omni_11_flash_text_to_video",
    "GeminiOmni11FlashTextToVideoAspectRatio": ".gemini_omni_11_flash_text_to_video_aspect_ratio",
    "GeminiOmni11FlashTextToVideoQuality": ".gemini_omni_11_flash_text_to_video_quality",
    "GeminiOmni11FlashVideoEdit": ".gemini_omni_11_flash_video_edit",
    "GeminiOmni11FlashVideoEditAspectRatio": ".gemini_omni_11_flash_video_edit_aspect_ratio",
    "GeminiOmni11FlashVideoEditDuration": ".gemini_omni_11_flash_video_edit_duration",
    "GeminiOmni11FlashVideoEditQuality": ".gemini_omni_11_flash_video_edit_quality",
    "GeminiOmni11FlashVideoExtend": ".gemini_omni_11_flash_video_extend",
    "GeminiOmni11FlashVideoExtendAspectRatio": ".gemini_omni_11_flash_video_extend_aspect_ratio",
    "GeminiOmni11FlashVideoExtendQuality": ".gemini_omni_11_flash_video_extend_quality",
    "GeminiOmniFlashImageToVideo": ".gemini_omni_flash_image_to_video",
    "GeminiOmniFlashImageToVideoAspectRatio": ".gemini_omni_flash_image_to_video_aspect_ratio",
    "GeminiOmniFlashReferenceToVideo": ".gemini_omni_flash_reference_to_video",
    "GeminiOmniFlashReferenceToVideoAspectRatio": ".gemini_omni_flash_reference_to_video_aspect_ratio",
    "GeminiOmniFlashTextToVideo": ".gemini_omni_flash_text_to_video",
    "GeminiOmniFlashTextToVideoAspectRatio": ".gemini_omni_flash_text_to_video_aspect_ratio",
    "GeminiOmniFlashVideoEdit": ".gemini_omni_flash_video_edit",
    "GrokImagineImageToVideoBeta": ".grok_imagine_image_to_video_beta",
    "GrokImagineImageToVideoBetaAspectRatio": ".grok_imagine_image_to_video_beta_aspect_ratio",
    "GrokImagineImageToVideoBetaMode": ".grok_imagine_image_to_video_beta_mode",
    "GrokImagineImageToVideoBetaQuality": ".grok_imagine_image_to_video_beta_quality",
    "GrokImagineTextToVideoBeta": ".grok_imagine_text_to_video_beta",
    "GrokImagineTextToVideoBetaAspectRatio": ".grok_imagine_text_to_video_beta_aspect_ratio",
    "GrokImagineTextToVideoBetaMode": ".grok_imagine_text_to_video_beta_mode",
    "GrokImagineTextToVideoBetaQuality": ".grok_imagine_text_to_video_beta_quality",
    "GrokImagineVideo10I2V": ".grok_imagine_video_10i2v",
    "GrokImagineVideo10I2VAspectRatio": ".grok_imagine_video_10i2v_aspect_ratio",
    "GrokImagineVideo10I2VQuality": ".grok_imagine_video_10i2v_quality",
    "GrokImagineVideo10T2V": ".grok_imagine_video_10t2v",
    "GrokImagineVideo10T2VAspectRatio": ".grok_imagine_video_10t2v_aspect_ratio",
    "GrokImagineVideo10T2VQuality": ".grok_imagine_video_10t2v_quality",
    "GrokImagineVideo15Preview": ".grok_imagine_video_15_preview",
    "GrokImagineVideo15PreviewAspectRatio": ".grok_imagine_video_15_preview_aspect_ratio",
    "GrokImagineVideo15PreviewQuality": ".grok_imagine_video_15_preview_quality",
    "Happyhorse10ImageToVideo": ".happyhorse_10_image_to_video",
    "Happyhorse10ImageToVideoQuality": ".happyhorse_10_image_to_video_quality",
    "Happyhorse10ReferenceToVideo": ".happyhorse_10_reference_to_video",
    "Happyhorse10ReferenceToVideoAspectRatio": ".happyhorse_10_reference_to_video_aspect_ratio",
    "Happyhorse10ReferenceToVideoQuality": ".happyhorse_10_reference_to_video_quality",
    "Happyhorse10TextToVideo": ".happyhorse_10_text_to_video",
    "Happyhorse10TextToVideoAspectRatio": ".happyhorse_10_text_to_video_aspect_ratio",
    "Happyhorse10TextToVideoQuality": ".happyhorse_10_text_to_video_quality",
    "Happyhorse10VideoEdit": ".happyhorse_10_video_edit",
    "Happyhorse10VideoEditQuality": ".happyhorse_10_video_edit_quality",
    "Happyhorse11ImageToVideo": ".happyhorse_11_image_to_video",
    "Happyhorse11ImageToVideoQuality": ".happyhorse_11_image_to_video_quality",
    "Happyhorse11ReferenceToVideo": ".happyhorse_11_reference_to_video",
    "Happyhorse11ReferenceToVideoAspectRatio": ".happyhorse_11_reference_to_video_aspect_ratio",
    "Happyhorse11ReferenceToVideoQuality": ".happyhorse_11_reference_to_video_quality",
    "Happyhorse11TextToVideo": ".happyhorse_11_text_to_video",
    "Happyhorse11TextToVideoAspectRatio": ".happyhorse_11_text_to_video_aspect_ratio",
    "Happyhorse11TextToVideoQuality": ".happyhorse_11_text_to_video_quality",
    "MiniMaxHailuo02": ".mini_max_hailuo_02",
    "MiniMaxHailuo02Duration": ".mini_max_hailuo_02_duration",
    "MiniMaxHailuo02ModelParams": ".mini_max_hailuo_02_model_params",
    "MiniMaxHailuo02Quality": ".mini_max_hailuo_02_quality",
    "MiniMaxHailuo23": ".mini_max_hailuo_23",
    "MiniMaxHailuo23Duration": ".mini_max_hailuo_23_duration",
    "MiniMaxHailuo23Fast": ".mini_max_hailuo_23_fast",
    "MiniMaxHailuo23FastDuration": ".mini_max_hailuo_23_fast_duration",
    "MiniMaxHailuo23FastModelParams": ".mini_max_hailuo_23_fast_model_params",
    "MiniMaxHailuo23FastQuality": ".mini_max_hailuo_23_fast_quality",
    "MiniMaxHailuo23ModelParams": ".mini_max_hailuo_23_model_params",
    "MiniMaxHailuo23Quality": ".mini_max_hailuo_23_quality",
    "ResultData": ".result_data",
    "Seedance15Pro": ".seedance_15_pro",
    "Seedance15ProAspectRatio": ".seedance_15_pro_aspect_ratio",
    "Seedance15ProQuality": ".seedance_15_pro_quality",
    "Seedance20FastImageToVideo": ".seedance_20_fast_image_to_video",
    "Seedance20FastImageToVideoAspectRatio": ".seedance_20_fast_image_to_video_aspect_ratio",
    "Seedance20FastImageToVideoQuality": ".seedance_20_fast_image_to_video_quality",
    "Seedance20FastReferenceToVideo": ".seedance_20_fast_reference_to_video",
    "Seedance20FastReferenceToVideoAspectRatio": ".seedance_20_fast_reference_to_video_aspect_ratio",
    "Seedance20FastReferenceToVideoQuality": ".seedance_20_fast_reference_to_video_quality",
    "Seedance20FastTextToVideo": ".seedance_20_fast_text_to_video",
    "Seedance20FastTextToVideoAspectRatio": ".seedance_20_fast_text_to_video_aspect_ratio",
    "Seedance20FastTextToVideoModelParams": ".seedance_20_fast_text_to_video_model_params",
    "Seedance20FastTextToVideoQuality": ".seedance_20_fast_text_to_video_quality",
    "Seedance20ImageToVideo": ".seedance_20_image_to_video",
    "Seedance20ImageToVideoAspectRatio": ".seedance_20_image_to_video_aspect_ratio",
    "Seedance20ImageToVideoQuality": ".seedance_20_image_to_video_quality",
    "Seedance20MiniImageToVideo": ".seedance_20_mini_image_to_video",
    "Seedance20MiniImageToVideoAspectRatio": ".seedance_20_mini_image_to_video_aspect_ratio",
    "Seedance20MiniImageToVideoQuality": ".seedance_20_mini_image_to_video_quality",
    "Seedance20MiniReferenceToVideo": ".seedance_20_mini_reference_to_video",
    "Seedance20MiniReferenceToVideoAspectRatio": ".seedance_20_mini_reference_to_video_aspect_ratio",
    "Seedance20MiniReferenceToVideoQuality": ".seedance_20_mini_reference_to_video_quality",
    "Seedance20MiniTextToVideo": ".seedance_20_mini_text_to_video",
    "Seedance20MiniTextToVideoAspectRatio": ".seedance_20_mini_text_to_video_aspect_ratio",
    "Seedance20MiniTextToVideoQuality": ".seedance_20_mini_text_to_video_quality",
    "Seedance20ReferenceToVideo": ".seedance_20_reference_to_video",
    "Seedance20ReferenceToVideoAspectRatio": ".seedance_20_reference_to_video_aspect_ratio",
    "Seedance20ReferenceToVideoQuality": ".seedance_20_reference_to_video_quality",
    "Seedance20TextToVideo": ".seedance_20_text_to_video",
    "Seedance20TextToVideoAspectRatio": ".seedance_20_text_to_video_aspect_ratio",
    "Seedance20TextToVideoModelParams": ".seedance_20_text_to_video_model_params",
    "Seedance20TextToVideoQuality": ".seedance_20_text_to_video_quality",
    "Seedance25DraftToVideo": ".seedance_25_draft_to_video",
    "Seedance25DraftToVideoOutputFormat": ".seedance_25_draft_to_video_output_format",
    "Seedance25ImageToVideo": ".seedance_25_image_to_video",
    "Seedance25ImageToVideoAspectRatio": ".seedance_25_image_to_video_aspect_ratio",
    "Seedance25ImageToVideoOutputFormat": ".seedance_25_image_to_video_output_format",
    "Seedance25ImageToVideoQuality": ".seedance_25_image_to_video_quality",
    "Seedance25ReferenceToVideo": ".seedance_25_reference_to_video",
    "Seedance25ReferenceToVideoAspectRatio": ".seedance_25_reference_to_video_aspect_ratio",
    "Seedance25ReferenceToVideoOutputFormat": ".seedance_25_reference_to_video_output_format",
    "Seedance25ReferenceToVideoQuality": ".seedance_25_reference_to_video_quality",
    "Seedance25TextToVideo": ".seedance_25_text_to_video",
    "Seedance25TextToVideoAspectRatio": ".seedance_25_text_to_video_aspect_ratio",
    "Seedance25TextToVideoModelParams": ".seedance_25_text_to_video_model_params",
    "Seedance25TextToVideoOutputFormat": ".seedance_25_text_to_video_output_format",
    "Seedance25TextToVideoQuality": ".seedance_25_text_to_video_quality",
    "Seedance25VideoEdit": ".seedance_25_video_edit",
    "Seedance25VideoEditAspectRatio": ".seedance_25_video_edit_aspect_ratio",
    "Seedance25VideoEditDuration": ".seedance_25_video_edit_duration",
    "Seedance25VideoEditOutputFormat": ".seedance_25_video_edit_output_format",
    "Seedance25VideoEditQuality": ".seedance_25_video_edit_quality",
    "Seedance25VideoExtend": ".seedance_25_video_extend",
    "Seedance25VideoExtendAspectRatio": ".seedance_25_video_extend_aspect_ratio",
    "Seedance25VideoExtendOutputFormat": ".seedance_25_video_extend_output_format",
    "Seedance25VideoExtendQuality": ".seedance_25_video_extend_quality",
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
    "Wan25ImageToVideoQuality": ".wan_25_image_to_video_quality",
    "Wan25TextToVideo": ".wan_25_text_to_video",
    "Wan25TextToVideoAspectRatio": ".wan_25_text_to_video_aspect_ratio",
    "Wan25TextToVideoDuration": ".wan_25_text_to_video_duration",
    "Wan25TextToVideoQuality": ".wan_25_text_to_video_quality",
    "Wan26ImageToVideo": ".wan_26_image_to_video",
    "Wan26ImageToVideoFlash": ".wan_26_image_to_video_flash",
    "Wan26ImageToVideoFlashModelParams": ".wan_26_image_to_video_flash_model_params",
    "Wan26ImageToVideoFlashModelParamsShotType": ".wan_26_image_to_video_flash_model_params_shot_type",
    "Wan26ImageToVideoFlashQuality": ".wan_26_image_to_video_flash_quality",
    "Wan26ImageToVideoModelParams": ".wan_26_image_to_video_model_params",
    "Wan26ImageToVideoModelParamsShotType": ".wan_26_image_to_video_model_params_shot_type",
    "Wan26ImageToVideoQuality": ".wan_26_image_to_video_quality",
    "Wan26ReferenceVideo": ".wan_26_reference_video",
    "Wan26ReferenceVideoAspectRatio": ".wan_26_reference_video_aspect_ratio",
    "Wan26ReferenceVideoFlash": ".wan_26_reference_video_flash",
    "Wan26ReferenceVideoFlashAspectRatio": ".wan_26_reference_video_flash_aspect_ratio",
    "Wan26ReferenceVideoFlashModelParams": ".wan_26_reference_video_flash_model_params",
    "Wan26ReferenceVideoFlashModelParamsShotType": ".wan_26_reference_video_flash_model_params_shot_type",
    "Wan26ReferenceVideoFlashQuality": ".wan_26_reference_video_flash_quality",
    "Wan26ReferenceVideoModelParams": ".wan_26_reference_video_model_params",
    "Wan26ReferenceVideoModelParamsShotType": ".wan_26_reference_video_model_params_shot_type",
    "Wan26ReferenceVideoQuality": ".wan_26_reference_video_quality",
    "Wan26TextToVideo": ".wan_26_text_to_video",
    "Wan26TextToVideoAspectRatio": ".wan_26_text_to_video_aspect_ratio",
    "Wan26TextToVideoModelParams": ".wan_26_text_to_video_model_params",
    "Wan26TextToVideoModelParamsShotType": ".wan_26_text_to_video_model_params_shot_type",
    "Wan26TextToVideoQuality": ".wan_26_text_to_video_quality",
    "Wan27ImageToVideo": ".wan_27_image_to_video",
    "Wan27ImageToVideoGenerationMode": ".wan_27_image_to_video_generation_mode",
    "Wan27ImageToVideoQuality": ".wan_27_image_to_video_quality",
    "Wan27ReferenceVideo": ".wan_27_reference_video",
    "Wan27ReferenceVideoAspectRatio": ".wan_27_reference_video_aspect_ratio",
    "Wan27ReferenceVideoModelParams": ".wan_27_reference_video_model_params",
    "Wan27ReferenceVideoModelParamsVoiceBindings": ".wan_27_reference_video_model_params_voice_bindings",
    "Wan27ReferenceVideoQuality": ".wan_27_reference_video_quality",
    "Wan27TextToVideo": ".wan_27_text_to_video",
    "Wan27TextToVideoAspectRatio": ".wan_27_text_to_video_aspect_ratio",
    "Wan27TextToVideoQuality": ".wan_27_text_to_video_quality",
    "Wan27VideoEdit": ".wan_27_video_edit",
    "Wan27VideoEditAspectRatio": ".wan_27_video_edit_aspect_ratio",
    "Wan27VideoEditQuality": ".wan_27_video_edit_quality",
    "Wan30ImageToVideo": ".wan_30_image_to_video",
    "Wan30ImageToVideoAspectRatio": ".wan_30_image_to_video_aspect_ratio",
    "Wan30ImageToVideoQuality": ".wan_30_image_to_video_quality",
    "Wan30PrimeImageToVideo": ".wan_30_prime_image_to_video",
    "Wan30PrimeImageToVideoAspectRatio": ".wan_30_prime_image_to_video_aspect_ratio",
    "Wan30PrimeImageToVideoQuality": ".wan_30_prime_image_to_video_quality",
    "Wan30PrimeReferenceVideo": ".wan_30_prime_reference_video",
    "Wan30PrimeReferenceVideoAspectRatio": ".wan_30_prime_reference_video_aspect_ratio",
    "Wan30PrimeReferenceVideoModelParams": ".wan_30_prime_reference_video_model_params",
    "Wan30PrimeReferenceVideoQuality": ".wan_30_prime_reference_video_quality",
    "Wan30PrimeTextToVideo": ".wan_30_prime_text_to_video",
    "Wan30PrimeTextToVideoAspectRatio": ".wan_30_prime_text_to_video_aspect_ratio",
    "Wan30PrimeTextToVideoQuality": ".wan_30_prime_text_to_video_quality",
    "Wan30ReferenceVideo": ".wan_30_reference_video",
    "Wan30ReferenceVideoAspectRatio": ".wan_30_reference_video_aspect_ratio",
    "Wan30ReferenceVideoModelParams": ".wan_30_reference_video_model_params",
    "Wan30ReferenceVideoQuality": ".wan_30_reference_video_quality",
    "Wan30TextToVideo": ".wan_30_text_to_video",
    "Wan30TextToVideoAspectRatio": ".wan_30_text_to_video_aspect_ratio",
    "Wan30TextToVideoQuality": ".wan_30_text_to_video_quality",
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
    "DoubaoSeedance10ProFast",
    "DoubaoSeedance10ProFastAspectRatio",
    "DoubaoSeedance10ProFastQuality",
    "ErrorDetail",
    "ErrorResponse",
    "FileErrorResponse",
    "GeminiOmni11FlashImageToVideo",
    "GeminiOmni11FlashImageToVideoAspectRatio",
    "GeminiOmni11FlashImageToVideoQuality",
    "GeminiOmni11FlashReferenceToVideo",
    "GeminiOmni11FlashReferenceToVideoAspectRatio",
    "GeminiOmni11FlashReferenceToVideoQuality",
    "GeminiOmni11FlashTextToVideo",
    "GeminiOmni11FlashTextToVideoAspectRatio",
    "GeminiOmni11FlashTextToVideoQuality",
    "GeminiOmni11FlashVideoEdit",
    "GeminiOmni11FlashVideoEditAspectRatio",
    "GeminiOmni11FlashVideoEditDuration",
    "GeminiOmni11FlashVideoEditQuality",
    "GeminiOmni11FlashVideoExtend",
    "GeminiOmni11FlashVideoExtendAspectRatio",
    "GeminiOmni11FlashVideoExtendQuality",
    "GeminiOmniFlashImageToVideo",
    "GeminiOmniFlashImageToVideoAspectRatio",
    "GeminiOmniFlashReferenceToVideo",
    "GeminiOmniFlashReferenceToVideoAspectRatio",
    "GeminiOmniFlashTextToVideo",
    "GeminiOmniFlashTextToVideoAspectRatio",
    "GeminiOmniFlashVideoEdit",
    "GrokImagineImageToVideoBeta",
    "GrokImagineImageToVideoBetaAspectRatio",
    "GrokImagineImageToVideoBetaMode",
    "GrokImagineImageToVideoBetaQuality",
    "GrokImagineTextToVideoBeta",
    "GrokImagineTextToVideoBetaAspectRatio",
    "GrokImagineTextToVideoBetaMode",
    "GrokImagineTextToVideoBetaQuality",
    "GrokImagineVideo10I2V",
    "GrokImagineVideo10I2VAspectRatio",
    "GrokImagineVideo10I2VQuality",
    "GrokImagineVideo10T2V",
    "GrokImagineVideo10T2VAspectRatio",
    "GrokImagineVideo10T2VQuality",
    "GrokImagineVideo15Preview",
    "GrokImagineVideo15PreviewAspectRatio",
    "GrokImagineVideo15PreviewQuality",
    "Happyhorse10ImageToVideo",
    "Happyhorse10ImageToVideoQuality",
    "Happyhorse10ReferenceToVideo",
    "Happyhorse10ReferenceToVideoAspectRatio",
    "Happyhorse10ReferenceToVideoQuality",
    "Happyhorse10TextToVideo",
    "Happyhorse10TextToVideoAspectRatio",
    "Happyhorse10TextToVideoQuality",
    "Happyhorse10VideoEdit",
    "Happyhorse10VideoEditQuality",
    "Happyhorse11ImageToVideo",
    "Happyhorse11ImageToVideoQuality",
    "Happyhorse11ReferenceToVideo",
    "Happyhorse11ReferenceToVideoAspectRatio",
    "Happyhorse11ReferenceToVideoQuality",
    "Happyhorse11TextToVideo",
    "Happyhorse11TextToVideoAspectRatio",
    "Happyhorse11TextToVideoQuality",
    "MiniMaxHailuo02",
    "MiniMaxHailuo02Duration",
    "MiniMaxHailuo02ModelParams",
    "MiniMaxHailuo02Quality",
    "MiniMaxHailuo23",
    "MiniMaxHailuo23Duration",
    "MiniMaxHailuo23Fast",
    "MiniMaxHailuo23FastDuration",
    "MiniMaxHailuo23FastModelParams",
    "MiniMaxHailuo23FastQuality",
    "MiniMaxHailuo23ModelParams",
    "MiniMaxHailuo23Quality",
    "ResultData",
    "Seedance15Pro",
    "Seedance15ProAspectRatio",
    "Seedance15ProQuality",
    "Seedance20FastImageToVideo",
    "Seedance20FastImageToVideoAspectRatio",
    "Seedance20FastImageToVideoQuality",
    "Seedance20FastReferenceToVideo",
    "Seedance20FastReferenceToVideoAspectRatio",
    "Seedance20FastReferenceToVideoQuality",
    "Seedance20FastTextToVideo",
    "Seedance20FastTextToVideoAspectRatio",
    "Seedance20FastTextToVideoModelParams",
    "Seedance20FastTextToVideoQuality",
    "Seedance20ImageToVideo",
    "Seedance20ImageToVideoAspectRatio",
    "Seedance20ImageToVideoQuality",
    "Seedance20MiniImageToVideo",
    "Seedance20MiniImageToVideoAspectRatio",
    "Seedance20MiniImageToVideoQuality",
    "Seedance20MiniReferenceToVideo",
    "Seedance20MiniReferenceToVideoAspectRatio",
    "Seedance20MiniReferenceToVideoQuality",
    "Seedance20MiniTextToVideo",
    "Seedance20MiniTextToVideoAspectRatio",
    "Seedance20MiniTextToVideoQuality",
    "Seedance20ReferenceToVideo",
    "Seedance20ReferenceToVideoAspectRatio",
    "Seedance20ReferenceToVideoQuality",
    "Seedance20TextToVideo",
    "Seedance20TextToVideoAspectRatio",
    "Seedance20TextToVideoModelParams",
    "Seedance20TextToVideoQuality",
    "Seedance25DraftToVideo",
    "Seedance25DraftToVideoOutputFormat",
    "Seedance25ImageToVideo",
    "Seedance25ImageToVideoAspectRatio",
    "Seedance25ImageToVideoOutputFormat",
    "Seedance25ImageToVideoQuality",
    "Seedance25ReferenceToVideo",
    "Seedance25ReferenceToVideoAspectRatio",
    "Seedance25ReferenceToVideoOutputFormat",
    "Seedance25ReferenceToVideoQuality",
    "Seedance25TextToVideo",
    "Seedance25TextToVideoAspectRatio",
    "Seedance25TextToVideoModelParams",
    "Seedance25TextToVideoOutputFormat",
    "Seedance25TextToVideoQuality",
    "Seedance25VideoEdit",
    "Seedance25VideoEditAspectRatio",
    "Seedance25VideoEditDuration",
    "Seedance25VideoEditOutputFormat",
    "Seedance25VideoEditQuality",
    "Seedance25VideoExtend",
    "Seedance25VideoExtendAspectRatio",
    "Seedance25VideoExtendOutputFormat",
    "Seedance25VideoExtendQuality",
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
    "Wan25ImageToVideoQuality",
    "Wan25TextToVideo",
    "Wan25TextToVideoAspectRatio",
    "Wan25TextToVideoDuration",
    "Wan25TextToVideoQuality",
    "Wan26ImageToVideo",
    "Wan26ImageToVideoFlash",
    "Wan26ImageToVideoFlashModelParams",
    "Wan26ImageToVideoFlashModelParamsShotType",
    "Wan26ImageToVideoFlashQuality",
    "Wan26ImageToVideoModelParams",
    "Wan26ImageToVideoModelParamsShotType",
    "Wan26ImageToVideoQuality",
    "Wan26ReferenceVideo",
    "Wan26ReferenceVideoAspectRatio",
    "Wan26ReferenceVideoFlash",
    "Wan26ReferenceVideoFlashAspectRatio",
    "Wan26ReferenceVideoFlashModelParams",
    "Wan26ReferenceVideoFlashModelParamsShotType",
    "Wan26ReferenceVideoFlashQuality",
    "Wan26ReferenceVideoModelParams",
    "Wan26ReferenceVideoModelParamsShotType",
    "Wan26ReferenceVideoQuality",
    "Wan26TextToVideo",
    "Wan26TextToVideoAspectRatio",
    "Wan26TextToVideoModelParams",
    "Wan26TextToVideoModelParamsShotType",
    "Wan26TextToVideoQuality",
    "Wan27ImageToVideo",
    "Wan27ImageToVideoGenerationMode",
    "Wan27ImageToVideoQuality",
    "Wan27ReferenceVideo",
    "Wan27ReferenceVideoAspectRatio",
    "Wan27ReferenceVideoModelParams",
    "Wan27ReferenceVideoModelParamsVoiceBindings",
    "Wan27ReferenceVideoQuality",
    "Wan27TextToVideo",
    "Wan27TextToVideoAspectRatio",
    "Wan27TextToVideoQuality",
    "Wan27VideoEdit",
    "Wan27VideoEditAspectRatio",
    "Wan27VideoEditQuality",
    "Wan30ImageToVideo",
    "Wan30ImageToVideoAspectRatio",
    "Wan30ImageToVideoQuality",
    "Wan30PrimeImageToVideo",
    "Wan30PrimeImageToVideoAspectRatio",
    "Wan30PrimeImageToVideoQuality",
    "Wan30PrimeReferenceVideo",
    "Wan30PrimeReferenceVideoAspectRatio",
    "Wan30PrimeReferenceVideoModelParams",
    "Wan30PrimeReferenceVideoQuality",
    "Wan30PrimeTextToVideo",
    "Wan30PrimeTextToVideoAspectRatio",
    "Wan30PrimeTextToVideoQuality",
    "Wan30ReferenceVideo",
    "Wan30ReferenceVideoAspectRatio",
    "Wan30ReferenceVideoModelParams",
    "Wan30ReferenceVideoQuality",
    "Wan30TextToVideo",
    "Wan30TextToVideoAspectRatio",
    "Wan30TextToVideoQuality",
)
