"""The demonstration succeeds and saves two different playable videos."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest


def test_demo_saves_two_different_playable_videos(
    tmp_path: Path, repository: Path, command_environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, repository / "contract_tests" / "demo.py"],
        cwd=tmp_path, capture_output=True, text=True, env=command_environment, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("is completed.") == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "wan2.5-image-to-video.mp4",
        "wan2.6-reference-video-flash.mp4",
    ]
    assert decode(tmp_path / "out" / "wan2.5-image-to-video.mp4") == (1280, 720, 150, 0)
    width, height, frames, samples = decode(tmp_path / "out" / "wan2.6-reference-video-flash.mp4")
    assert (width, height, frames) == (720, 1280, 120)
    assert samples == pytest.approx(4 * 44_100, rel=0.02)


def decode(path: Path) -> tuple[int, int, int, int]:
    """Decode a video; returns its width, height, number of frames and number of sound samples."""
    opened: Any = av.open(str(path))
    with opened as container:
        picture = container.streams.video[0]
        frames = sum(1 for _ in container.decode(picture))
        samples = 0
        if container.streams.audio:
            container.seek(0)
            samples = sum(frame.samples for frame in container.decode(container.streams.audio[0]))
        return picture.width, picture.height, frames, samples
