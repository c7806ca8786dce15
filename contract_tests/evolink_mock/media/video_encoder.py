"""Moving pictures: frames made from a picture or from other frames, and written as an MP4 file."""

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
# How much of a video is encoded, to be shown again and again: encoding is what takes long.
CLIP_SECONDS = 2

_BT709 = 1
# Compressed in no time.
_PICTURE = {"preset": "ultrafast", "crf": "26", "g": "300"}
_TONE = {"aac_coder": "fast"}
_PIXELS = ("format", "pix_fmts=yuv420p")
# What sets a frame upright that was filmed with the camera turned by so many degrees.
_TURNS: dict[int, tuple[tuple[str, str], ...]] = {
    90: (("transpose", "cclock"),),
    -90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    -180: (("hflip", ""), ("vflip", "")),
}


def still(image: Image, seconds: int) -> Iterator[VideoFrame]:
    """Return frames that show a picture for so long, with a strip at its foot that grows with the time."""
    from av import VideoFrame  # noqa: PLC0415 - slow to import, and most runs render nothing
    from av.filter import Graph  # noqa: PLC0415
    from av.video.reformatter import Colorspace  # noqa: PLC0415

    (width, height), count = image.size, seconds * FRAMES_PER_SECOND
    untyped: Any = VideoFrame
    frame = untyped.from_image(image).reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
    frame.pts, frame.time_base = 0, Fraction(1, FRAMES_PER_SECOND)
    graph = Graph()
    pictures = _chained(graph, _source(graph, frame), ("loop", f"loop={count - 1}:size=1"), ("setpts", "N"))
    strip = f"color=0xf2b84b:size={width}x{height // 90}:rate={FRAMES_PER_SECOND}:duration={seconds}"
    strips = _chained(graph, graph.add("color", strip), _PIXELS)
    both = graph.add("overlay", f"x='w*(t+1/{FRAMES_PER_SECOND})/{seconds}-w':y=H-h:shortest=1")
    pictures.link_to(both, 0, 0)
    strips.link_to(both, 0, 1)
    _chained(graph, both, ("buffersink", ""))
    return _fed(graph, [frame])


def clip(frames: Iterator[VideoFrame], size: tuple[int, int], seconds: int) -> Iterator[VideoFrame]:
    """Return the first frames of a video, upright and covering a picture of another size; of a long one, not all."""
    from av.filter import Graph  # noqa: PLC0415 - as above

    first = next(frames)
    width, height = size
    graph = Graph()
    _chained(
        graph,
        _source(graph, first),
        *_TURNS.get(first.rotation, ()),
        ("scale", f"{width}:{height}:force_original_aspect_ratio=increase:out_color_matrix=bt709:out_range=tv"),
        ("crop", f"{width}:{height}"),
        ("setsar", "1"),
        ("fps", str(FRAMES_PER_SECOND)),
        _PIXELS,
        ("buffersink", ""),
    )
    return islice(_fed(graph, chain([first], frames)), min(seconds, CLIP_SECONDS) * FRAMES_PER_SECOND)


def upright(frame: VideoFrame) -> tuple[int, int]:
    """Return the width and height of a frame that is shown as it was meant to be."""
    return (frame.height, frame.width) if abs(frame.rotation) == 90 else (frame.width, frame.height)


def write(frames: Iterable[VideoFrame], size: tuple[int, int], seconds: int, path: Path, *, sound: bool) -> None:
    """Write frames, again and again until they last for so long, as an MP4 file (H.264, and AAC if it has sound)."""
    import av  # noqa: PLC0415 - as above

    output: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})  # its types need numpy's
    with output as container:
        picture = container.add_stream("libx264", FRAMES_PER_SECOND, _PICTURE)
        picture.width, picture.height = size
        picture.pix_fmt = "yuv420p"
        coding = picture.codec_context
        coding.colorspace = coding.color_primaries = coding.color_trc = _BT709
        tone = container.add_stream("aac", SAMPLES_PER_SECOND, _TONE, layout="mono") if sound else None
        packets: list[Any] = []
        for number, frame in enumerate(frames):
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            packets += picture.encode(frame)
        packets += picture.encode()
        for number in range(seconds * FRAMES_PER_SECOND):
            first = packets[number % len(packets)]
            packet = av.Packet(bytes(first))
            packet.stream, packet.time_base, packet.is_keyframe = picture, first.time_base, first.is_keyframe
            packet.pts = packet.dts = number
            container.mux(packet)
        if tone is not None:
            for frame in _tone(seconds):
                container.mux(tone.encode(frame))
            container.mux(tone.encode())


def _tone(seconds: int) -> Iterator[Any]:
    from av.filter import Graph  # noqa: PLC0415 - as above

    graph = Graph()
    sine = graph.add("sine", f"frequency=440:sample_rate={SAMPLES_PER_SECOND}:duration={seconds}")
    _chained(graph, sine, ("aformat", "sample_fmts=fltp:channel_layouts=mono"), ("abuffersink", ""))
    graph.configure()
    return _pulled(graph)


def _source(graph: Graph, frame: VideoFrame) -> FilterContext:
    """Return where a graph takes frames like this one in."""
    return graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)


def _chained(graph: Graph, start: FilterContext, *filters: tuple[str, str]) -> FilterContext:
    """Return the last of a chain of filters, each given as its name and arguments."""
    for name, arguments in filters:
        following = graph.add(name, arguments or None)
        start.link_to(following)
        start = following
    return start


def _fed(graph: Graph, frames: Iterable[VideoFrame]) -> Iterator[Any]:
    """Yield what comes out of a graph of filters as frames go in."""
    graph.configure()
    for frame in frames:
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, EOFError):
            return
