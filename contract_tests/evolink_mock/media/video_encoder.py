"""Make video frames from an image or from other frames, and encode them as an MP4 file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.filter import Graph
    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame
    from PIL.Image import Image

FRAMES_PER_SECOND = 30
SAMPLES_PER_SECOND = 44_100
# The length of footage that is encoded. It is repeated in a longer video, because encoding is slow.
CLIP_SECONDS = 2

_BT709 = 1
# Speed matters more than file size.
_VIDEO_OPTIONS = {"preset": "ultrafast", "crf": "26", "g": "300"}
_AUDIO_OPTIONS = {"aac_coder": "fast"}
_PIXEL_FORMAT = ("format", "pix_fmts=yuv420p")
# The filters that turn a frame upright, by the rotation of the camera in degrees.
_ROTATIONS: dict[int, tuple[tuple[str, str], ...]] = {
    90: (("transpose", "cclock"),),
    -90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    -180: (("hflip", ""), ("vflip", "")),
}


def frames_of_image(image: Image, seconds: int) -> Iterator[VideoFrame]:
    """Return frames that show an image, with a progress bar along the bottom."""
    from av import VideoFrame  # noqa: PLC0415 - slow to import, and most runs encode nothing
    from av.filter import Graph  # noqa: PLC0415
    from av.video.reformatter import Colorspace  # noqa: PLC0415

    (width, height), count = image.size, seconds * FRAMES_PER_SECOND
    untyped: Any = VideoFrame
    frame = untyped.from_image(image).reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
    frame.pts, frame.time_base = 0, Fraction(1, FRAMES_PER_SECOND)
    graph = Graph()
    pictures = _chain(graph, _source(graph, frame), ("loop", f"loop={count - 1}:size=1"), ("setpts", "N"))
    bar = f"color=0xf2b84b:size={width}x{height // 90}:rate={FRAMES_PER_SECOND}:duration={seconds}"
    bars = _chain(graph, graph.add("color", bar), _PIXEL_FORMAT)
    overlay = graph.add("overlay", f"x='w*(t+1/{FRAMES_PER_SECOND})/{seconds}-w':y=H-h:shortest=1")
    pictures.link_to(overlay, 0, 0)
    bars.link_to(overlay, 0, 1)
    _chain(graph, overlay, ("buffersink", ""))
    return _filter(graph, [frame])


def frames_of_footage(frames: Iterator[VideoFrame], size: tuple[int, int], seconds: int) -> Iterator[VideoFrame]:
    """Return the first frames of a video, at most `CLIP_SECONDS`: upright, scaled and cropped to a size."""
    from av.filter import Graph  # noqa: PLC0415 - as above

    first = next(frames)
    width, height = size
    graph = Graph()
    _chain(
        graph,
        _source(graph, first),
        *_ROTATIONS.get(first.rotation, ()),
        ("scale", f"{width}:{height}:force_original_aspect_ratio=increase:out_color_matrix=bt709:out_range=tv"),
        ("crop", f"{width}:{height}"),
        ("setsar", "1"),
        ("fps", str(FRAMES_PER_SECOND)),
        _PIXEL_FORMAT,
        ("buffersink", ""),
    )
    return islice(_filter(graph, chain([first], frames)), min(seconds, CLIP_SECONDS) * FRAMES_PER_SECOND)


def upright_size(frame: VideoFrame) -> tuple[int, int]:
    """Return the width and height of a frame after it is turned upright."""
    return (frame.height, frame.width) if abs(frame.rotation) == 90 else (frame.width, frame.height)


def write_mp4(frames: Iterable[VideoFrame], size: tuple[int, int], seconds: int, path: Path, *, audio: bool) -> None:
    """Write an MP4 file (H.264, and an AAC tone if it has audio); the frames are repeated to fill its length."""
    import av  # noqa: PLC0415 - as above

    # The types of PyAV need those of numpy.
    output: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
    with output as container:
        video = container.add_stream("libx264", FRAMES_PER_SECOND, _VIDEO_OPTIONS)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        codec = video.codec_context
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT709
        tone = container.add_stream("aac", SAMPLES_PER_SECOND, _AUDIO_OPTIONS, layout="mono") if audio else None
        packets: list[Any] = []
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            packets += video.encode(frame)
        packets += video.encode()
        for number in range(seconds * FRAMES_PER_SECOND):
            original = packets[number % len(packets)]
            packet = av.Packet(bytes(original))
            packet.stream, packet.time_base, packet.is_keyframe = video, original.time_base, original.is_keyframe
            packet.pts = packet.dts = number
            container.mux(packet)
        if tone is not None:
            for frame in _tone_frames(seconds):
                container.mux(tone.encode(frame))
            container.mux(tone.encode())


def _tone_frames(seconds: int) -> Iterator[Any]:
    from av.filter import Graph  # noqa: PLC0415 - as above

    graph = Graph()
    sine = graph.add("sine", f"frequency=440:sample_rate={SAMPLES_PER_SECOND}:duration={seconds}")
    _chain(graph, sine, ("aformat", "sample_fmts=fltp:channel_layouts=mono"), ("abuffersink", ""))
    graph.configure()
    return _pull(graph)


def _source(graph: Graph, frame: VideoFrame) -> FilterContext:
    """Add an input to a filter graph, for frames like this one."""
    return graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)


def _chain(graph: Graph, start: FilterContext, *filters: tuple[str, str]) -> FilterContext:
    """Append filters, each given as its name and arguments, and return the last one."""
    for name, arguments in filters:
        following = graph.add(name, arguments or None)
        start.link_to(following)
        start = following
    return start


def _filter(graph: Graph, frames: Iterable[VideoFrame]) -> Iterator[Any]:
    """Send frames through a filter graph, and yield the frames that it returns."""
    graph.configure()
    for frame in frames:
        graph.push(frame)
        yield from _pull(graph)
    graph.push(None)
    yield from _pull(graph)


def _pull(graph: Graph) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, EOFError):
            return
