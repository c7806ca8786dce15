"""Mistakes that the types of the SDK must reveal. Nothing runs them.

`make check` reports an error if mypy or pyright finds no mistake in a line with `type: ignore`.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from evolink import AsyncEvoLink, EvoLink, Wan25ImageToVideo, Wan26ReferenceVideoFlash

IMAGES, VIDEOS = ["https://a.example/b.png"], ["https://a.example/b.mp4"]


def use(api: EvoLink) -> None:
    """Make one mistake a line."""
    Wan25ImageToVideo(prompt="x")  # type: ignore[call-arg]
    Wan25ImageToVideo(prompt="x", image_urls="https://a.example/b.png")  # type: ignore[arg-type]
    Wan25ImageToVideo(prompt="x", image_urls=IMAGES, duration=0)  # type: ignore[arg-type]
    Wan25ImageToVideo(prompt="x", image_urls=IMAGES, no_such_field=1)  # type: ignore[call-arg]
    Wan25ImageToVideo(prompt="x", image_urls=IMAGES, model="wan2.6-reference-video-flash")  # type: ignore[arg-type]
    Wan26ReferenceVideoFlash(prompt="x", video_urls=VIDEOS, quality="0p")  # type: ignore[arg-type]
    Wan26ReferenceVideoFlash(prompt="x", video_urls=VIDEOS, model_params={})  # type: ignore[arg-type]
    api.submit("a prompt")  # type: ignore[arg-type]
    api.submit(prompt="x")  # type: ignore[call-arg]
    api.wait(5)  # type: ignore[arg-type]
    str(api.wait("task-unified-1-a").no_such_field)  # type: ignore[attr-defined]
    EvoLink("key", "https://api.evolink.ai")  # type: ignore[call-arg]


async def use_async(api: AsyncEvoLink) -> None:
    """Forget to await."""
    str(api.wait("task-unified-1-a").status)  # type: ignore[attr-defined]
