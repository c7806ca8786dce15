from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.created_task import CreatedTask
from ...models.doubao_seedance_10_pro_fast import DoubaoSeedance10ProFast
from ...models.error_response import ErrorResponse
from ...models.gemini_omni_11_flash_image_to_video import GeminiOmni11FlashImageToVideo
from ...models.gemini_omni_11_flash_reference_to_video import (
    GeminiOmni11FlashReferenceToVideo,
)
from ...models.gemini_omni_11_flash_text_to_video import GeminiOmni11FlashTextToVideo
from ...models.gemini_omni_11_flash_video_edit import GeminiOmni11FlashVideoEdit
from ...models.gemini_omni_11_flash_video_extend import GeminiOmni11FlashVideoExtend
from ...models.gemini_omni_flash_image_to_video import GeminiOmniFlashImageToVideo
from ...models.gemini_omni_flash_reference_to_video import (
    GeminiOmniFlashReferenceToVideo,
)
from ...models.gemini_omni_flash_text_to_video import GeminiOmniFlashTextToVideo
from ...models.gemini_omni_flash_video_edit import GeminiOmniFlashVideoEdit
from ...models.grok_imagine_image_to_video_beta import GrokImagineImageToVideoBeta
from ...models.grok_imagine_text_to_video_beta import GrokImagineTextToVideoBeta
from ...models.grok_imagine_video_10i2v import GrokImagineVideo10I2V
from ...models.grok_imagine_video_10t2v import GrokImagineVideo10T2V
from ...models.grok_imagine_video_15_preview import GrokImagineVideo15Preview
from ...models.happyhorse_10_image_to_video import Happyhorse10ImageToVideo
from ...models.happyhorse_10_reference_to_video import Happyhorse10ReferenceToVideo
from ...models.happyhorse_10_text_to_video import Happyhorse10TextToVideo
from ...models.happyhorse_10_video_edit import Happyhorse10VideoEdit
from ...models.happyhorse_11_image_to_video import Happyhorse11ImageToVideo
from ...models.happyhorse_11_reference_to_video import Happyhorse11ReferenceToVideo
from ...models.happyhorse_11_text_to_video import Happyhorse11TextToVideo
from ...models.kling_custom_element import KlingCustomElement
from ...models.kling_o1_image_to_video import KlingO1ImageToVideo
from ...models.kling_o1_video_edit import KlingO1VideoEdit
from ...models.kling_o1_video_edit_fast import KlingO1VideoEditFast
from ...models.kling_o3_image_to_video import KlingO3ImageToVideo
from ...models.kling_o3_reference_to_video import KlingO3ReferenceToVideo
from ...models.kling_o3_text_to_video import KlingO3TextToVideo
from ...models.kling_o3_video_edit import KlingO3VideoEdit
from ...models.kling_v3_image_to_video import KlingV3ImageToVideo
from ...models.kling_v3_motion_control import KlingV3MotionControl
from ...models.kling_v3_text_to_video import KlingV3TextToVideo
from ...models.kling_v3_turbo_image_to_video import KlingV3TurboImageToVideo
from ...models.kling_v3_turbo_text_to_video import KlingV3TurboTextToVideo
from ...models.kling_v26_motion_control import KlingV26MotionControl
from ...models.mini_max_hailuo_02 import MiniMaxHailuo02
from ...models.mini_max_hailuo_23 import MiniMaxHailuo23
from ...models.mini_max_hailuo_23_fast import MiniMaxHailuo23Fast
from ...models.minimax_h3_image_to_video import MinimaxH3ImageToVideo
from ...models.minimax_h3_max_image_to_video import MinimaxH3MaxImageToVideo
from ...models.minimax_h3_max_reference_to_video import MinimaxH3MaxReferenceToVideo
from ...models.minimax_h3_max_text_to_video import MinimaxH3MaxTextToVideo
from ...models.minimax_h3_max_turbo_image_to_video import MinimaxH3MaxTurboImageToVideo
from ...models.minimax_h3_max_turbo_text_to_video import MinimaxH3MaxTurboTextToVideo
from ...models.minimax_h3_reference_to_video import MinimaxH3ReferenceToVideo
from ...models.minimax_h3_text_to_video import MinimaxH3TextToVideo
from ...models.omnihuman_15 import Omnihuman15
from ...models.seedance_15_pro import Seedance15Pro
from ...models.seedance_20_fast_image_to_video import Seedance20FastImageToVideo
from ...models.seedance_20_fast_reference_to_video import Seedance20FastReferenceToVideo
from ...models.seedance_20_fast_text_to_video import Seedance20FastTextToVideo
from ...models.seedance_20_image_to_video import Seedance20ImageToVideo
from ...models.seedance_20_mini_image_to_video import Seedance20MiniImageToVideo
from ...models.seedance_20_mini_reference_to_video import Seedance20MiniReferenceToVideo
from ...models.seedance_20_mini_text_to_video import Seedance20MiniTextToVideo
from ...models.seedance_20_reference_to_video import Seedance20ReferenceToVideo
from ...models.seedance_20_text_to_video import Seedance20TextToVideo
from ...models.seedance_25_draft_to_video import Seedance25DraftToVideo
from ...models.seedance_25_image_to_video import Seedance25ImageToVideo
from ...models.seedance_25_reference_to_video import Seedance25ReferenceToVideo
from ...models.seedance_25_text_to_video import Seedance25TextToVideo
from ...models.seedance_25_video_edit import Seedance25VideoEdit
from ...models.seedance_25_video_extend import Seedance25VideoExtend
from ...models.sora_2_preview import Sora2Preview
from ...models.sora_2_pro_preview import Sora2ProPreview
from ...models.tencent_video_upscale import TencentVideoUpscale
from ...models.topaz_video_upscale import TopazVideoUpscale
from ...models.veo_31_fast_beta import Veo31FastBeta
from ...models.veo_31_fast_generate_preview import Veo31FastGeneratePreview
from ...models.veo_31_generate_preview import Veo31GeneratePreview
from ...models.veo_31_pro_beta import Veo31ProBeta
from ...models.videoretalk import Videoretalk
from ...models.wan_25_image_to_video import Wan25ImageToVideo
from ...models.wan_25_text_to_video import Wan25TextToVideo
from ...models.wan_26_image_to_video import Wan26ImageToVideo
from ...models.wan_26_image_to_video_flash import Wan26ImageToVideoFlash
from ...models.wan_26_reference_video import Wan26ReferenceVideo
from ...models.wan_26_reference_video_flash import Wan26ReferenceVideoFlash
from ...models.wan_26_text_to_video import Wan26TextToVideo
from ...models.wan_27_image_to_video import Wan27ImageToVideo
from ...models.wan_27_reference_video import Wan27ReferenceVideo
from ...models.wan_27_text_to_video import Wan27TextToVideo
from ...models.wan_27_video_edit import Wan27VideoEdit
from ...models.wan_30_image_to_video import Wan30ImageToVideo
from ...models.wan_30_prime_image_to_video import Wan30PrimeImageToVideo
from ...models.wan_30_prime_reference_video import Wan30PrimeReferenceVideo
from ...models.wan_30_prime_text_to_video import Wan30PrimeTextToVideo
from ...models.wan_30_reference_video import Wan30ReferenceVideo
from ...models.wan_30_text_to_video import Wan30TextToVideo
from ...types import Response


def _get_kwargs(
    *,
    body: DoubaoSeedance10ProFast
    | GeminiOmni11FlashImageToVideo
    | GeminiOmni11FlashReferenceToVideo
    | GeminiOmni11FlashTextToVideo
    | GeminiOmni11FlashVideoEdit
    | GeminiOmni11FlashVideoExtend
    | GeminiOmniFlashImageToVideo
    | GeminiOmniFlashReferenceToVideo
    | GeminiOmniFlashTextToVideo
    | GeminiOmniFlashVideoEdit
    | GrokImagineImageToVideoBeta
    | GrokImagineTextToVideoBeta
    | GrokImagineVideo10I2V
    | GrokImagineVideo10T2V
    | GrokImagineVideo15Preview
    | Happyhorse10ImageToVideo
    | Happyhorse10ReferenceToVideo
    | Happyhorse10TextToVideo
    | Happyhorse10VideoEdit
    | Happyhorse11ImageToVideo
    | Happyhorse11ReferenceToVideo
    | Happyhorse11TextToVideo
    | KlingCustomElement
    | KlingO1ImageToVideo
    | KlingO1VideoEdit
    | KlingO1VideoEditFast
    | KlingO3ImageToVideo
    | KlingO3ReferenceToVideo
    | KlingO3TextToVideo
    | KlingO3VideoEdit
    | KlingV26MotionControl
    | KlingV3ImageToVideo
    | KlingV3MotionControl
    | KlingV3TextToVideo
    | KlingV3TurboImageToVideo
    | KlingV3TurboTextToVideo
    | MinimaxH3ImageToVideo
    | MinimaxH3MaxImageToVideo
    | MinimaxH3MaxReferenceToVideo
    | MinimaxH3MaxTextToVideo
    | MinimaxH3MaxTurboImageToVideo
    | MinimaxH3MaxTurboTextToVideo
    | MinimaxH3ReferenceToVideo
    | MinimaxH3TextToVideo
    | MiniMaxHailuo02
    | MiniMaxHailuo23
    | MiniMaxHailuo23Fast
    | Omnihuman15
    | Seedance15Pro
    | Seedance20FastImageToVideo
    | Seedance20FastReferenceToVideo
    | Seedance20FastTextToVideo
    | Seedance20ImageToVideo
    | Seedance20MiniImageToVideo
    | Seedance20MiniReferenceToVideo
    | Seedance20MiniTextToVideo
    | Seedance20ReferenceToVideo
    | Seedance20TextToVideo
    | Seedance25DraftToVideo
    | Seedance25ImageToVideo
    | Seedance25ReferenceToVideo
    | Seedance25TextToVideo
    | Seedance25VideoEdit
    | Seedance25VideoExtend
    | Sora2Preview
    | Sora2ProPreview
    | TencentVideoUpscale
    | TopazVideoUpscale
    | Veo31FastBeta
    | Veo31FastGeneratePreview
    | Veo31GeneratePreview
    | Veo31ProBeta
    | Videoretalk
    | Wan25ImageToVideo
    | Wan25TextToVideo
    | Wan26ImageToVideo
    | Wan26ImageToVideoFlash
    | Wan26ReferenceVideo
    | Wan26ReferenceVideoFlash
    | Wan26TextToVideo
    | Wan27ImageToVideo
    | Wan27ReferenceVideo
    | Wan27TextToVideo
    | Wan27VideoEdit
    | Wan30ImageToVideo
    | Wan30PrimeImageToVideo
    | Wan30PrimeReferenceVideo
    | Wan30PrimeTextToVideo
    | Wan30ReferenceVideo
    | Wan30TextToVideo,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/videos/generations",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CreatedTask | ErrorResponse | None:
    if response.status_code == 200:
        response_200 = CreatedTask.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = ErrorResponse.from_dict(response.json())

        return response_402

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 405:
        response_405 = ErrorResponse.from_dict(response.json())

        return response_405

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = ErrorResponse.from_dict(response.json())

        return response_415

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = ErrorResponse.from_dict(response.json())

        return response_500

    if response.status_code == 502:
        response_502 = ErrorResponse.from_dict(response.json())

        return response_502

    if response.status_code == 503:
        response_503 = ErrorResponse.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CreatedTask | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: DoubaoSeedance10ProFast
    | GeminiOmni11FlashImageToVideo
    | GeminiOmni11FlashReferenceToVideo
    | GeminiOmni11FlashTextToVideo
    | GeminiOmni11FlashVideoEdit
    | GeminiOmni11FlashVideoExtend
    | GeminiOmniFlashImageToVideo
    | GeminiOmniFlashReferenceToVideo
    | GeminiOmniFlashTextToVideo
    | GeminiOmniFlashVideoEdit
    | GrokImagineImageToVideoBeta
    | GrokImagineTextToVideoBeta
    | GrokImagineVideo10I2V
    | GrokImagineVideo10T2V
    | GrokImagineVideo15Preview
    | Happyhorse10ImageToVideo
    | Happyhorse10ReferenceToVideo
    | Happyhorse10TextToVideo
    | Happyhorse10VideoEdit
    | Happyhorse11ImageToVideo
    | Happyhorse11ReferenceToVideo
    | Happyhorse11TextToVideo
    | KlingCustomElement
    | KlingO1ImageToVideo
    | KlingO1VideoEdit
    | KlingO1VideoEditFast
    | KlingO3ImageToVideo
    | KlingO3ReferenceToVideo
    | KlingO3TextToVideo
    | KlingO3VideoEdit
    | KlingV26MotionControl
    | KlingV3ImageToVideo
    | KlingV3MotionControl
    | KlingV3TextToVideo
    | KlingV3TurboImageToVideo
    | KlingV3TurboTextToVideo
    | MinimaxH3ImageToVideo
    | MinimaxH3MaxImageToVideo
    | MinimaxH3MaxReferenceToVideo
    | MinimaxH3MaxTextToVideo
    | MinimaxH3MaxTurboImageToVideo
    | MinimaxH3MaxTurboTextToVideo
    | MinimaxH3ReferenceToVideo
    | MinimaxH3TextToVideo
    | MiniMaxHailuo02
    | MiniMaxHailuo23
    | MiniMaxHailuo23Fast
    | Omnihuman15
    | Seedance15Pro
    | Seedance20FastImageToVideo
    | Seedance20FastReferenceToVideo
    | Seedance20FastTextToVideo
    | Seedance20ImageToVideo
    | Seedance20MiniImageToVideo
    | Seedance20MiniReferenceToVideo
    | Seedance20MiniTextToVideo
    | Seedance20ReferenceToVideo
    | Seedance20TextToVideo
    | Seedance25DraftToVideo
    | Seedance25ImageToVideo
    | Seedance25ReferenceToVideo
    | Seedance25TextToVideo
    | Seedance25VideoEdit
    | Seedance25VideoExtend
    | Sora2Preview
    | Sora2ProPreview
    | TencentVideoUpscale
    | TopazVideoUpscale
    | Veo31FastBeta
    | Veo31FastGeneratePreview
    | Veo31GeneratePreview
    | Veo31ProBeta
    | Videoretalk
    | Wan25ImageToVideo
    | Wan25TextToVideo
    | Wan26ImageToVideo
    | Wan26ImageToVideoFlash
    | Wan26ReferenceVideo
    | Wan26ReferenceVideoFlash
    | Wan26TextToVideo
    | Wan27ImageToVideo
    | Wan27ReferenceVideo
    | Wan27TextToVideo
    | Wan27VideoEdit
    | Wan30ImageToVideo
    | Wan30PrimeImageToVideo
    | Wan30PrimeReferenceVideo
    | Wan30PrimeTextToVideo
    | Wan30ReferenceVideo
    | Wan30TextToVideo,
) -> Response[CreatedTask | ErrorResponse]:
    """Create a video generation task

     Starts a task and returns immediately. The field `model` determines which other fields and limits
    apply. Poll the task with `get_task`, or set a `callback_url`.

    Args:
        body (DoubaoSeedance10ProFast | GeminiOmni11FlashImageToVideo |
            GeminiOmni11FlashReferenceToVideo | GeminiOmni11FlashTextToVideo |
            GeminiOmni11FlashVideoEdit | GeminiOmni11FlashVideoExtend | GeminiOmniFlashImageToVideo |
            GeminiOmniFlashReferenceToVideo | GeminiOmniFlashTextToVideo | GeminiOmniFlashVideoEdit |
            GrokImagineImageToVideoBeta | GrokImagineTextToVideoBeta | GrokImagineVideo10I2V |
            GrokImagineVideo10T2V | GrokImagineVideo15Preview | Happyhorse10ImageToVideo |
            Happyhorse10ReferenceToVideo | Happyhorse10TextToVideo | Happyhorse10VideoEdit |
            Happyhorse11ImageToVideo | Happyhorse11ReferenceToVideo | Happyhorse11TextToVideo |
            KlingCustomElement | KlingO1ImageToVideo | KlingO1VideoEdit | KlingO1VideoEditFast |
            KlingO3ImageToVideo | KlingO3ReferenceToVideo | KlingO3TextToVideo | KlingO3VideoEdit |
            KlingV26MotionControl | KlingV3ImageToVideo | KlingV3MotionControl | KlingV3TextToVideo |
            KlingV3TurboImageToVideo | KlingV3TurboTextToVideo | MinimaxH3ImageToVideo |
            MinimaxH3MaxImageToVideo | MinimaxH3MaxReferenceToVideo | MinimaxH3MaxTextToVideo |
            MinimaxH3MaxTurboImageToVideo | MinimaxH3MaxTurboTextToVideo | MinimaxH3ReferenceToVideo |
            MinimaxH3TextToVideo | MiniMaxHailuo02 | MiniMaxHailuo23 | MiniMaxHailuo23Fast |
            Omnihuman15 | Seedance15Pro | Seedance20FastImageToVideo | Seedance20FastReferenceToVideo
            | Seedance20FastTextToVideo | Seedance20ImageToVideo | Seedance20MiniImageToVideo |
            Seedance20MiniReferenceToVideo | Seedance20MiniTextToVideo | Seedance20ReferenceToVideo |
            Seedance20TextToVideo | Seedance25DraftToVideo | Seedance25ImageToVideo |
            Seedance25ReferenceToVideo | Seedance25TextToVideo | Seedance25VideoEdit |
            Seedance25VideoExtend | Sora2Preview | Sora2ProPreview | TencentVideoUpscale |
            TopazVideoUpscale | Veo31FastBeta | Veo31FastGeneratePreview | Veo31GeneratePreview |
            Veo31ProBeta | Videoretalk | Wan25ImageToVideo | Wan25TextToVideo | Wan26ImageToVideo |
            Wan26ImageToVideoFlash | Wan26ReferenceVideo | Wan26ReferenceVideoFlash | Wan26TextToVideo
            | Wan27ImageToVideo | Wan27ReferenceVideo | Wan27TextToVideo | Wan27VideoEdit |
            Wan30ImageToVideo | Wan30PrimeImageToVideo | Wan30PrimeReferenceVideo |
            Wan30PrimeTextToVideo | Wan30ReferenceVideo | Wan30TextToVideo):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreatedTask | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: DoubaoSeedance10ProFast
    | GeminiOmni11FlashImageToVideo
    | GeminiOmni11FlashReferenceToVideo
    | GeminiOmni11FlashTextToVideo
    | GeminiOmni11FlashVideoEdit
    | GeminiOmni11FlashVideoExtend
    | GeminiOmniFlashImageToVideo
    | GeminiOmniFlashReferenceToVideo
    | GeminiOmniFlashTextToVideo
    | GeminiOmniFlashVideoEdit
    | GrokImagineImageToVideoBeta
    | GrokImagineTextToVideoBeta
    | GrokImagineVideo10I2V
    | GrokImagineVideo10T2V
    | GrokImagineVideo15Preview
    | Happyhorse10ImageToVideo
    | Happyhorse10ReferenceToVideo
    | Happyhorse10TextToVideo
    | Happyhorse10VideoEdit
    | Happyhorse11ImageToVideo
    | Happyhorse11ReferenceToVideo
    | Happyhorse11TextToVideo
    | KlingCustomElement
    | KlingO1ImageToVideo
    | KlingO1VideoEdit
    | KlingO1VideoEditFast
    | KlingO3ImageToVideo
    | KlingO3ReferenceToVideo
    | KlingO3TextToVideo
    | KlingO3VideoEdit
    | KlingV26MotionControl
    | KlingV3ImageToVideo
    | KlingV3MotionControl
    | KlingV3TextToVideo
    | KlingV3TurboImageToVideo
    | KlingV3TurboTextToVideo
    | MinimaxH3ImageToVideo
    | MinimaxH3MaxImageToVideo
    | MinimaxH3MaxReferenceToVideo
    | MinimaxH3MaxTextToVideo
    | MinimaxH3MaxTurboImageToVideo
    | MinimaxH3MaxTurboTextToVideo
    | MinimaxH3ReferenceToVideo
    | MinimaxH3TextToVideo
    | MiniMaxHailuo02
    | MiniMaxHailuo23
    | MiniMaxHailuo23Fast
    | Omnihuman15
    | Seedance15Pro
    | Seedance20FastImageToVideo
    | Seedance20FastReferenceToVideo
    | Seedance20FastTextToVideo
    | Seedance20ImageToVideo
    | Seedance20MiniImageToVideo
    | Seedance20MiniReferenceToVideo
    | Seedance20MiniTextToVideo
    | Seedance20ReferenceToVideo
    | Seedance20TextToVideo
    | Seedance25DraftToVideo
    | Seedance25ImageToVideo
    | Seedance25ReferenceToVideo
    | Seedance25TextToVideo
    | Seedance25VideoEdit
    | Seedance25VideoExtend
    | Sora2Preview
    | Sora2ProPreview
    | TencentVideoUpscale
    | TopazVideoUpscale
    | Veo31FastBeta
    | Veo31FastGeneratePreview
    | Veo31GeneratePreview
    | Veo31ProBeta
    | Videoretalk
    | Wan25ImageToVideo
    | Wan25TextToVideo
    | Wan26ImageToVideo
    | Wan26ImageToVideoFlash
    | Wan26ReferenceVideo
    | Wan26ReferenceVideoFlash
    | Wan26TextToVideo
    | Wan27ImageToVideo
    | Wan27ReferenceVideo
    | Wan27TextToVideo
    | Wan27VideoEdit
    | Wan30ImageToVideo
    | Wan30PrimeImageToVideo
    | Wan30PrimeReferenceVideo
    | Wan30PrimeTextToVideo
    | Wan30ReferenceVideo
    | Wan30TextToVideo,
) -> CreatedTask | ErrorResponse | None:
    """Create a video generation task

     Starts a task and returns immediately. The field `model` determines which other fields and limits
    apply. Poll the task with `get_task`, or set a `callback_url`.

    Args:
        body (DoubaoSeedance10ProFast | GeminiOmni11FlashImageToVideo |
            GeminiOmni11FlashReferenceToVideo | GeminiOmni11FlashTextToVideo |
            GeminiOmni11FlashVideoEdit | GeminiOmni11FlashVideoExtend | GeminiOmniFlashImageToVideo |
            GeminiOmniFlashReferenceToVideo | GeminiOmniFlashTextToVideo | GeminiOmniFlashVideoEdit |
            GrokImagineImageToVideoBeta | GrokImagineTextToVideoBeta | GrokImagineVideo10I2V |
            GrokImagineVideo10T2V | GrokImagineVideo15Preview | Happyhorse10ImageToVideo |
            Happyhorse10ReferenceToVideo | Happyhorse10TextToVideo | Happyhorse10VideoEdit |
            Happyhorse11ImageToVideo | Happyhorse11ReferenceToVideo | Happyhorse11TextToVideo |
            KlingCustomElement | KlingO1ImageToVideo | KlingO1VideoEdit | KlingO1VideoEditFast |
            KlingO3ImageToVideo | KlingO3ReferenceToVideo | KlingO3TextToVideo | KlingO3VideoEdit |
            KlingV26MotionControl | KlingV3ImageToVideo | KlingV3MotionControl | KlingV3TextToVideo |
            KlingV3TurboImageToVideo | KlingV3TurboTextToVideo | MinimaxH3ImageToVideo |
            MinimaxH3MaxImageToVideo | MinimaxH3MaxReferenceToVideo | MinimaxH3MaxTextToVideo |
            MinimaxH3MaxTurboImageToVideo | MinimaxH3MaxTurboTextToVideo | MinimaxH3ReferenceToVideo |
            MinimaxH3TextToVideo | MiniMaxHailuo02 | MiniMaxHailuo23 | MiniMaxHailuo23Fast |
            Omnihuman15 | Seedance15Pro | Seedance20FastImageToVideo | Seedance20FastReferenceToVideo
            | Seedance20FastTextToVideo | Seedance20ImageToVideo | Seedance20MiniImageToVideo |
            Seedance20MiniReferenceToVideo | Seedance20MiniTextToVideo | Seedance20ReferenceToVideo |
            Seedance20TextToVideo | Seedance25DraftToVideo | Seedance25ImageToVideo |
            Seedance25ReferenceToVideo | Seedance25TextToVideo | Seedance25VideoEdit |
            Seedance25VideoExtend | Sora2Preview | Sora2ProPreview | TencentVideoUpscale |
            TopazVideoUpscale | Veo31FastBeta | Veo31FastGeneratePreview | Veo31GeneratePreview |
            Veo31ProBeta | Videoretalk | Wan25ImageToVideo | Wan25TextToVideo | Wan26ImageToVideo |
            Wan26ImageToVideoFlash | Wan26ReferenceVideo | Wan26ReferenceVideoFlash | Wan26TextToVideo
            | Wan27ImageToVideo | Wan27ReferenceVideo | Wan27TextToVideo | Wan27VideoEdit |
            Wan30ImageToVideo | Wan30PrimeImageToVideo | Wan30PrimeReferenceVideo |
            Wan30PrimeTextToVideo | Wan30ReferenceVideo | Wan30TextToVideo):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreatedTask | ErrorResponse
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: DoubaoSeedance10ProFast
    | GeminiOmni11FlashImageToVideo
    | GeminiOmni11FlashReferenceToVideo
    | GeminiOmni11FlashTextToVideo
    | GeminiOmni11FlashVideoEdit
    | GeminiOmni11FlashVideoExtend
    | GeminiOmniFlashImageToVideo
    | GeminiOmniFlashReferenceToVideo
    | GeminiOmniFlashTextToVideo
    | GeminiOmniFlashVideoEdit
    | GrokImagineImageToVideoBeta
    | GrokImagineTextToVideoBeta
    | GrokImagineVideo10I2V
    | GrokImagineVideo10T2V
    | GrokImagineVideo15Preview
    | Happyhorse10ImageToVideo
    | Happyhorse10ReferenceToVideo
    | Happyhorse10TextToVideo
    | Happyhorse10VideoEdit
    | Happyhorse11ImageToVideo
    | Happyhorse11ReferenceToVideo
    | Happyhorse11TextToVideo
    | KlingCustomElement
    | KlingO1ImageToVideo
    | KlingO1VideoEdit
    | KlingO1VideoEditFast
    | KlingO3ImageToVideo
    | KlingO3ReferenceToVideo
    | KlingO3TextToVideo
    | KlingO3VideoEdit
    | KlingV26MotionControl
    | KlingV3ImageToVideo
    | KlingV3MotionControl
    | KlingV3TextToVideo
    | KlingV3TurboImageToVideo
    | KlingV3TurboTextToVideo
    | MinimaxH3ImageToVideo
    | MinimaxH3MaxImageToVideo
    | MinimaxH3MaxReferenceToVideo
    | MinimaxH3MaxTextToVideo
    | MinimaxH3MaxTurboImageToVideo
    | MinimaxH3MaxTurboTextToVideo
    | MinimaxH3ReferenceToVideo
    | MinimaxH3TextToVideo
    | MiniMaxHailuo02
    | MiniMaxHailuo23
    | MiniMaxHailuo23Fast
    | Omnihuman15
    | Seedance15Pro
    | Seedance20FastImageToVideo
    | Seedance20FastReferenceToVideo
    | Seedance20FastTextToVideo
    | Seedance20ImageToVideo
    | Seedance20MiniImageToVideo
    | Seedance20MiniReferenceToVideo
    | Seedance20MiniTextToVideo
    | Seedance20ReferenceToVideo
    | Seedance20TextToVideo
    | Seedance25DraftToVideo
    | Seedance25ImageToVideo
    | Seedance25ReferenceToVideo
    | Seedance25TextToVideo
    | Seedance25VideoEdit
    | Seedance25VideoExtend
    | Sora2Preview
    | Sora2ProPreview
    | TencentVideoUpscale
    | TopazVideoUpscale
    | Veo31FastBeta
    | Veo31FastGeneratePreview
    | Veo31GeneratePreview
    | Veo31ProBeta
    | Videoretalk
    | Wan25ImageToVideo
    | Wan25TextToVideo
    | Wan26ImageToVideo
    | Wan26ImageToVideoFlash
    | Wan26ReferenceVideo
    | Wan26ReferenceVideoFlash
    | Wan26TextToVideo
    | Wan27ImageToVideo
    | Wan27ReferenceVideo
    | Wan27TextToVideo
    | Wan27VideoEdit
    | Wan30ImageToVideo
    | Wan30PrimeImageToVideo
    | Wan30PrimeReferenceVideo
    | Wan30PrimeTextToVideo
    | Wan30ReferenceVideo
    | Wan30TextToVideo,
) -> Response[CreatedTask | ErrorResponse]:
    """Create a video generation task

     Starts a task and returns immediately. The field `model` determines which other fields and limits
    apply. Poll the task with `get_task`, or set a `callback_url`.

    Args:
        body (DoubaoSeedance10ProFast | GeminiOmni11FlashImageToVideo |
            GeminiOmni11FlashReferenceToVideo | GeminiOmni11FlashTextToVideo |
            GeminiOmni11FlashVideoEdit | GeminiOmni11FlashVideoExtend | GeminiOmniFlashImageToVideo |
            GeminiOmniFlashReferenceToVideo | GeminiOmniFlashTextToVideo | GeminiOmniFlashVideoEdit |
            GrokImagineImageToVideoBeta | GrokImagineTextToVideoBeta | GrokImagineVideo10I2V |
            GrokImagineVideo10T2V | GrokImagineVideo15Preview | Happyhorse10ImageToVideo |
            Happyhorse10ReferenceToVideo | Happyhorse10TextToVideo | Happyhorse10VideoEdit |
            Happyhorse11ImageToVideo | Happyhorse11ReferenceToVideo | Happyhorse11TextToVideo |
            KlingCustomElement | KlingO1ImageToVideo | KlingO1VideoEdit | KlingO1VideoEditFast |
            KlingO3ImageToVideo | KlingO3ReferenceToVideo | KlingO3TextToVideo | KlingO3VideoEdit |
            KlingV26MotionControl | KlingV3ImageToVideo | KlingV3MotionControl | KlingV3TextToVideo |
            KlingV3TurboImageToVideo | KlingV3TurboTextToVideo | MinimaxH3ImageToVideo |
            MinimaxH3MaxImageToVideo | MinimaxH3MaxReferenceToVideo | MinimaxH3MaxTextToVideo |
            MinimaxH3MaxTurboImageToVideo | MinimaxH3MaxTurboTextToVideo | MinimaxH3ReferenceToVideo |
            MinimaxH3TextToVideo | MiniMaxHailuo02 | MiniMaxHailuo23 | MiniMaxHailuo23Fast |
            Omnihuman15 | Seedance15Pro | Seedance20FastImageToVideo | Seedance20FastReferenceToVideo
            | Seedance20FastTextToVideo | Seedance20ImageToVideo | Seedance20MiniImageToVideo |
            Seedance20MiniReferenceToVideo | Seedance20MiniTextToVideo | Seedance20ReferenceToVideo |
            Seedance20TextToVideo | Seedance25DraftToVideo | Seedance25ImageToVideo |
            Seedance25ReferenceToVideo | Seedance25TextToVideo | Seedance25VideoEdit |
            Seedance25VideoExtend | Sora2Preview | Sora2ProPreview | TencentVideoUpscale |
            TopazVideoUpscale | Veo31FastBeta | Veo31FastGeneratePreview | Veo31GeneratePreview |
            Veo31ProBeta | Videoretalk | Wan25ImageToVideo | Wan25TextToVideo | Wan26ImageToVideo |
            Wan26ImageToVideoFlash | Wan26ReferenceVideo | Wan26ReferenceVideoFlash | Wan26TextToVideo
            | Wan27ImageToVideo | Wan27ReferenceVideo | Wan27TextToVideo | Wan27VideoEdit |
            Wan30ImageToVideo | Wan30PrimeImageToVideo | Wan30PrimeReferenceVideo |
            Wan30PrimeTextToVideo | Wan30ReferenceVideo | Wan30TextToVideo):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CreatedTask | ErrorResponse]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: DoubaoSeedance10ProFast
    | GeminiOmni11FlashImageToVideo
    | GeminiOmni11FlashReferenceToVideo
    | GeminiOmni11FlashTextToVideo
    | GeminiOmni11FlashVideoEdit
    | GeminiOmni11FlashVideoExtend
    | GeminiOmniFlashImageToVideo
    | GeminiOmniFlashReferenceToVideo
    | GeminiOmniFlashTextToVideo
    | GeminiOmniFlashVideoEdit
    | GrokImagineImageToVideoBeta
    | GrokImagineTextToVideoBeta
    | GrokImagineVideo10I2V
    | GrokImagineVideo10T2V
    | GrokImagineVideo15Preview
    | Happyhorse10ImageToVideo
    | Happyhorse10ReferenceToVideo
    | Happyhorse10TextToVideo
    | Happyhorse10VideoEdit
    | Happyhorse11ImageToVideo
    | Happyhorse11ReferenceToVideo
    | Happyhorse11TextToVideo
    | KlingCustomElement
    | KlingO1ImageToVideo
    | KlingO1VideoEdit
    | KlingO1VideoEditFast
    | KlingO3ImageToVideo
    | KlingO3ReferenceToVideo
    | KlingO3TextToVideo
    | KlingO3VideoEdit
    | KlingV26MotionControl
    | KlingV3ImageToVideo
    | KlingV3MotionControl
    | KlingV3TextToVideo
    | KlingV3TurboImageToVideo
    | KlingV3TurboTextToVideo
    | MinimaxH3ImageToVideo
    | MinimaxH3MaxImageToVideo
    | MinimaxH3MaxReferenceToVideo
    | MinimaxH3MaxTextToVideo
    | MinimaxH3MaxTurboImageToVideo
    | MinimaxH3MaxTurboTextToVideo
    | MinimaxH3ReferenceToVideo
    | MinimaxH3TextToVideo
    | MiniMaxHailuo02
    | MiniMaxHailuo23
    | MiniMaxHailuo23Fast
    | Omnihuman15
    | Seedance15Pro
    | Seedance20FastImageToVideo
    | Seedance20FastReferenceToVideo
    | Seedance20FastTextToVideo
    | Seedance20ImageToVideo
    | Seedance20MiniImageToVideo
    | Seedance20MiniReferenceToVideo
    | Seedance20MiniTextToVideo
    | Seedance20ReferenceToVideo
    | Seedance20TextToVideo
    | Seedance25DraftToVideo
    | Seedance25ImageToVideo
    | Seedance25ReferenceToVideo
    | Seedance25TextToVideo
    | Seedance25VideoEdit
    | Seedance25VideoExtend
    | Sora2Preview
    | Sora2ProPreview
    | TencentVideoUpscale
    | TopazVideoUpscale
    | Veo31FastBeta
    | Veo31FastGeneratePreview
    | Veo31GeneratePreview
    | Veo31ProBeta
    | Videoretalk
    | Wan25ImageToVideo
    | Wan25TextToVideo
    | Wan26ImageToVideo
    | Wan26ImageToVideoFlash
    | Wan26ReferenceVideo
    | Wan26ReferenceVideoFlash
    | Wan26TextToVideo
    | Wan27ImageToVideo
    | Wan27ReferenceVideo
    | Wan27TextToVideo
    | Wan27VideoEdit
    | Wan30ImageToVideo
    | Wan30PrimeImageToVideo
    | Wan30PrimeReferenceVideo
    | Wan30PrimeTextToVideo
    | Wan30ReferenceVideo
    | Wan30TextToVideo,
) -> CreatedTask | ErrorResponse | None:
    """Create a video generation task

     Starts a task and returns immediately. The field `model` determines which other fields and limits
    apply. Poll the task with `get_task`, or set a `callback_url`.

    Args:
        body (DoubaoSeedance10ProFast | GeminiOmni11FlashImageToVideo |
            GeminiOmni11FlashReferenceToVideo | GeminiOmni11FlashTextToVideo |
            GeminiOmni11FlashVideoEdit | GeminiOmni11FlashVideoExtend | GeminiOmniFlashImageToVideo |
            GeminiOmniFlashReferenceToVideo | GeminiOmniFlashTextToVideo | GeminiOmniFlashVideoEdit |
            GrokImagineImageToVideoBeta | GrokImagineTextToVideoBeta | GrokImagineVideo10I2V |
            GrokImagineVideo10T2V | GrokImagineVideo15Preview | Happyhorse10ImageToVideo |
            Happyhorse10ReferenceToVideo | Happyhorse10TextToVideo | Happyhorse10VideoEdit |
            Happyhorse11ImageToVideo | Happyhorse11ReferenceToVideo | Happyhorse11TextToVideo |
            KlingCustomElement | KlingO1ImageToVideo | KlingO1VideoEdit | KlingO1VideoEditFast |
            KlingO3ImageToVideo | KlingO3ReferenceToVideo | KlingO3TextToVideo | KlingO3VideoEdit |
            KlingV26MotionControl | KlingV3ImageToVideo | KlingV3MotionControl | KlingV3TextToVideo |
            KlingV3TurboImageToVideo | KlingV3TurboTextToVideo | MinimaxH3ImageToVideo |
            MinimaxH3MaxImageToVideo | MinimaxH3MaxReferenceToVideo | MinimaxH3MaxTextToVideo |
            MinimaxH3MaxTurboImageToVideo | MinimaxH3MaxTurboTextToVideo | MinimaxH3ReferenceToVideo |
            MinimaxH3TextToVideo | MiniMaxHailuo02 | MiniMaxHailuo23 | MiniMaxHailuo23Fast |
            Omnihuman15 | Seedance15Pro | Seedance20FastImageToVideo | Seedance20FastReferenceToVideo
            | Seedance20FastTextToVideo | Seedance20ImageToVideo | Seedance20MiniImageToVideo |
            Seedance20MiniReferenceToVideo | Seedance20MiniTextToVideo | Seedance20ReferenceToVideo |
            Seedance20TextToVideo | Seedance25DraftToVideo | Seedance25ImageToVideo |
            Seedance25ReferenceToVideo | Seedance25TextToVideo | Seedance25VideoEdit |
            Seedance25VideoExtend | Sora2Preview | Sora2ProPreview | TencentVideoUpscale |
            TopazVideoUpscale | Veo31FastBeta | Veo31FastGeneratePreview | Veo31GeneratePreview |
            Veo31ProBeta | Videoretalk | Wan25ImageToVideo | Wan25TextToVideo | Wan26ImageToVideo |
            Wan26ImageToVideoFlash | Wan26ReferenceVideo | Wan26ReferenceVideoFlash | Wan26TextToVideo
            | Wan27ImageToVideo | Wan27ReferenceVideo | Wan27TextToVideo | Wan27VideoEdit |
            Wan30ImageToVideo | Wan30PrimeImageToVideo | Wan30PrimeReferenceVideo |
            Wan30PrimeTextToVideo | Wan30ReferenceVideo | Wan30TextToVideo):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CreatedTask | ErrorResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
