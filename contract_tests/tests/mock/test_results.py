"""Result videos: made from the image or video of a request, however hostile, or as a title card."""

from __future__ import annotations

import asyncio
import io
import itertools
import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageDraw

from evolink_mock.http.fetching import Fetcher
from evolink_mock.media import decoding, title_card, video_encoder
from evolink_mock.media.result_videos import SIZES, ResultFiles, Video
from evolink_sandbox import Limits

pytestmark = pytest.mark.anyio

HERE = "http://127.0.0.1:9"
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)
DARK = (14, 20, 32)  # the background of a title card

Colour = tuple[int, int, int]


class Sources:
    """Source files at local URLs.

    Attributes:
        opened: the URLs that were requested, in order.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self.opened: list[str] = []

    def put(self, content: bytes) -> str:
        """Store a file and return its URL."""
        name = str(next(self._numbers))
        (self._folder / name).write_bytes(content)
        return f"{HERE}/{name}"

    def find(self, url: str) -> Path | None:
        """Return the file behind a URL."""
        self.opened.append(url)
        return self._folder / url.rpartition("/")[2] if url.startswith(HERE) else None


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


@pytest.fixture
def full_size_files(sources: Sources) -> Iterator[ResultFiles]:
    files = ResultFiles(Fetcher(sources.find))
    yield files
    files.close()


@pytest.fixture
def files(full_size_files: ResultFiles, monkeypatch: pytest.MonkeyPatch) -> ResultFiles:
    """Videos with a quarter of the width and height, because encoding takes most of the time of these tests."""
    for quality, sizes in SIZES.items():
        monkeypatch.setitem(
            SIZES, quality, {ratio: (width // 4, height // 4) for ratio, (width, height) in sizes.items()}
        )
    return full_size_files


class DecodedVideo:
    """A decoded MP4 file.

    Attributes:
        size: width and height.
        seconds: the length of the video stream.
        whole_seconds: the length of the file.
        streams: the codec and type of each stream.
        frames: the requested frames, by number.
    """

    def __init__(self, path: Path, *numbers: int) -> None:
        opened: Any = av.open(str(path))  # its types need those of numpy
        with opened as container:
            picture = container.streams.video[0]
            self.size: tuple[int, int] = (picture.width, picture.height)
            self.seconds = float(picture.duration * picture.time_base)
            self.whole_seconds = container.duration / 1e6
            self.streams = [(stream.codec_context.name, stream.type) for stream in container.streams]
            self.rate, self.pixels = picture.average_rate, picture.codec_context.pix_fmt
            frames = list(container.decode(video=0)) if numbers else []
            self.count = len(frames)
            self.frames: dict[int, Image.Image] = {number: frames[number].to_image() for number in numbers}


def colour(image: Image.Image, across: float = 0.5, down: float = 0.5) -> Colour:
    """Return the colour at a position, given as fractions of width and height."""
    pixel: Any = image.getpixel((int(image.width * across), int(image.height * down)))
    result: Colour = pixel
    return result


def alike(actual: Colour, expected: Colour) -> bool:
    return all(abs(a - b) <= 24 for a, b in zip(actual, expected, strict=True))


def encode(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    image.save(content, image_format, **options)
    return content.getvalue()


def halves(size: tuple[int, int] = (800, 600)) -> Image.Image:
    """Return an image that is red on the left and blue on the right."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), BLUE)
    return image


@cache
def footage(size: tuple[int, int] = (640, 360), rate: int = 25, container_format: str = "mp4", gap: int = 1) -> bytes:
    """Return a video that is red, then green, then blue, for one second each."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format=container_format)
    frames: Any = av.VideoFrame
    with output as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(3 * rate):
            frame = frames.from_image(Image.new("RGB", size, (RED, GREEN, BLUE)[number // rate]))
            frame.pts = number * gap
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()


def rotate(video: bytes) -> bytes:
    """Return a video whose metadata says that the camera was on its side."""
    matrix = video.index(b"tkhd") + 44
    sideways = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    return video[:matrix] + sideways + video[matrix + 36 :]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the videos in this process, whose modules the tests change."""
    monkeypatch.setattr("evolink_sandbox.is_possible", lambda: False)


# --- the format of the file


@pytest.mark.parametrize("quality", list(SIZES))
@pytest.mark.parametrize("ratio", ["16:9", "9:16", "1:1", "4:3", "3:4"])
async def test_video_has_the_requested_size_and_length(files: ResultFiles, quality: str, ratio: str) -> None:
    decoded = DecodedVideo(await files.path(Video(1, ratio, quality)), 0)
    assert (decoded.size, decoded.seconds, decoded.whole_seconds) == (SIZES[quality][ratio], 1, 1)
    assert (decoded.count, decoded.rate, decoded.pixels) == (30, 30, "yuv420p")
    assert decoded.streams == [("h264", "video")]


async def test_video_is_not_smaller_than_requested(full_size_files: ResultFiles) -> None:
    decoded = DecodedVideo(await full_size_files.path(Video(1, "9:16", "720p")))
    assert decoded.size == SIZES["720p"]["9:16"] == (720, 1280)


@pytest.mark.parametrize("made_from", ["prompt", "image", "footage"])
async def test_video_has_audio_on_request(sources: Sources, files: ResultFiles, made_from: str) -> None:
    video = Video(5, audio=True)
    if made_from == "image":
        video = video._replace(image=sources.put(encode(halves())))
    elif made_from == "footage":
        video = video._replace(footage=sources.put(footage()))
    with_audio, silent = (
        DecodedVideo(await files.path(video), 0),
        DecodedVideo(await files.path(video._replace(audio=False))),
    )
    assert with_audio.streams == [("h264", "video"), ("aac", "audio")]
    assert (with_audio.seconds, with_audio.whole_seconds, with_audio.count) == (5, 5, 150)
    assert silent.streams == [("h264", "video")]


# --- made from an image


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "BMP"])
async def test_video_shows_the_image(sources: Sources, files: ResultFiles, image_format: str) -> None:
    image = sources.put(encode(halves(), image_format))
    decoded = DecodedVideo(await files.path(Video(2, "16:9", image=image)), 0, 59)
    for frame in decoded.frames.values():
        assert alike(colour(frame, 0.25), RED)
        assert alike(colour(frame, 0.75), BLUE)


async def test_video_of_an_image_has_a_progress_bar(sources: Sources, files: ResultFiles) -> None:
    image = sources.put(encode(Image.new("RGB", (400, 400), BLUE)))
    frames = DecodedVideo(await files.path(Video(2, "1:1", image=image)), 0, 30, 59).frames
    widths = [sum(not alike(colour(frame, x / 100, 0.995), BLUE) for x in range(100)) for frame in frames.values()]
    assert widths == sorted(widths)
    assert [round(width, -1) for width in widths] == [0, 50, 100]


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((1600, 900), "16:9"), ((2000, 370), "16:9"), ((900, 1600), "9:16"), ((500, 510), "1:1"), ((800, 600), "4:3"),
     ((700, 900), "3:4")],
)  # fmt: skip
async def test_video_without_a_ratio_has_the_one_nearest_to_its_image(
    sources: Sources, files: ResultFiles, size: tuple[int, int], ratio: str
) -> None:
    image = sources.put(encode(halves(size)))
    decoded = DecodedVideo(await files.path(Video(1, None, image=image)), 0)
    assert decoded.size == SIZES["720p"][ratio]
    assert [alike(colour(decoded.frames[0], across), RED) for across in (0.02, 0.45, 0.55, 0.98)] == [1, 1, 0, 0]


async def test_image_of_another_ratio_is_cropped(sources: Sources, files: ResultFiles) -> None:
    image = Image.new("RGB", (900, 900), GREEN)
    ImageDraw.Draw(image).rectangle((0, 0, 900, 150), RED)  # this part is cropped
    frame = DecodedVideo(await files.path(Video(1, "16:9", image=sources.put(encode(image)))), 0).frames[0]
    assert all(alike(colour(frame, x, y), GREEN) for x in (0.01, 0.99) for y in (0.01, 0.9))


async def test_image_is_turned_upright(sources: Sources, files: ResultFiles) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise
    image = sources.put(encode(halves((800, 450)), "JPEG", exif=exif))
    decoded = DecodedVideo(await files.path(Video(1, None, image=image)), 0)
    assert decoded.size == SIZES["720p"]["9:16"]
    assert alike(colour(decoded.frames[0], 0.5, 0.25), RED)
    assert alike(colour(decoded.frames[0], 0.5, 0.75), BLUE)


async def test_transparent_parts_are_white(sources: Sources, files: ResultFiles) -> None:
    image = sources.put(encode(Image.new("RGBA", (400, 400), (255, 0, 0, 0)), "WEBP", lossless=True, exact=True))
    assert alike(colour(DecodedVideo(await files.path(Video(1, image=image)), 0).frames[0]), WHITE)


# --- made from footage


@pytest.mark.parametrize("container_format", ["mp4", "mov"])
async def test_first_seconds_of_footage_are_repeated(
    sources: Sources, files: ResultFiles, container_format: str
) -> None:
    video = Video(5, "1:1", footage=sources.put(footage(container_format=container_format)))
    decoded = DecodedVideo(await files.path(video), 0, 20, 40, 59, 60, 100, 149)
    assert (decoded.size, decoded.seconds, decoded.count) == (SIZES["720p"]["1:1"], 5, 150)
    colours = [colour(frame) for frame in decoded.frames.values()]
    expected = [RED, RED, GREEN, GREEN, RED, GREEN, RED]
    assert [alike(*pair) for pair in zip(colours, expected, strict=True)] == [True] * 7


@pytest.mark.parametrize("rate", [10, 60])
async def test_footage_keeps_its_speed(sources: Sources, files: ResultFiles, rate: int) -> None:
    frames = DecodedVideo(await files.path(Video(2, footage=sources.put(footage(rate=rate)))), 20, 40).frames
    assert alike(colour(frames[20]), RED)
    assert alike(colour(frames[40]), GREEN)


async def test_video_without_a_ratio_has_that_of_upright_footage(sources: Sources, files: ResultFiles) -> None:
    flat = await files.path(Video(1, None, footage=sources.put(footage())))
    upright = await files.path(Video(1, None, footage=sources.put(rotate(footage()))))
    assert DecodedVideo(flat).size == SIZES["720p"]["16:9"]
    decoded = DecodedVideo(upright, 0)
    assert decoded.size == SIZES["720p"]["9:16"]
    assert alike(colour(decoded.frames[0]), RED)


async def test_footage_with_years_between_its_frames_ends(sources: Sources, files: ResultFiles) -> None:
    url = sources.put(footage(gap=1_000_000))
    decoded = DecodedVideo(await files.path(Video(2, footage=url)), 0, 59)
    assert (decoded.count, alike(colour(decoded.frames[59]), RED)) == (60, True)


# --- made from the prompt


def is_card(path: Path) -> bool:
    frame = DecodedVideo(path, 0).frames[0]
    return all(alike(colour(frame, x, y), DARK) for x in (0.02, 0.98) for y in (0.02, 0.97))


async def test_video_without_a_source_is_a_title_card(files: ResultFiles) -> None:
    assert is_card(await files.path(Video(1, "9:16", prompt="一只猫在弹钢琴")))


async def test_title_card_without_a_ratio_is_wide(files: ResultFiles) -> None:
    assert DecodedVideo(await files.path(Video(1, None))).size == SIZES["720p"]["16:9"]


Make = Callable[[], bytes]


@pytest.mark.parametrize(
    "make",
    [
        bytes,
        lambda: b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n",
        lambda: b"....ftypisom#EXTM3U\nfile:///etc/passwd\n",
        lambda: b"<!doctype html>" * 10,
        lambda: encode(halves())[:300],
        lambda: encode(halves(), "JPEG")[:900],
        lambda: encode(halves(), "GIF"),
        lambda: encode(Image.new("1", (60_000, 600))),
        lambda: encode(Image.new("1", (20_000, 20_000))),
        lambda: footage()[:200],
        lambda: footage()[:40] + bytes(9000),
    ],
    ids=["empty", "playlist", "as mp4", "page", "cut png", "cut jpeg", "gif", "wide", "bomb", "cut mp4", "zeros"],
)
async def test_unusable_source_is_replaced_by_a_title_card(
    sources: Sources, files: ResultFiles, capfd: pytest.CaptureFixture[str], make: Make
) -> None:
    url = sources.put(make())
    assert is_card(await files.path(Video(1, image=url)))
    assert is_card(await files.path(Video(1, "1:1", footage=url)))
    assert capfd.readouterr() == ("", "")


async def test_footage_with_too_large_frames_is_not_decoded(
    sources: Sources, files: ResultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sources.put(footage())
    monkeypatch.setattr(decoding, "MAX_PIXELS", 640 * 360 - 1)
    assert is_card(await files.path(Video(1, footage=url)))


async def test_footage_that_takes_too_long_to_decode_is_replaced_by_a_title_card(sources: Sources) -> None:
    files = ResultFiles(Fetcher(sources.find), source_seconds=0)
    assert is_card(await files.path(Video(1, footage=sources.put(footage()))))
    files.close()


@pytest.mark.parametrize("url", [f"{HERE}/gone", "http://10.0.0.1/a.png", "data:image/png;base64,AA=="])
async def test_unreachable_source_is_fetched_once(sources: Sources, files: ResultFiles, url: str) -> None:
    for seconds in (1, 2):
        assert is_card(await files.path(Video(seconds, image=url)))
    assert sources.opened == [url]


async def test_number_of_remembered_unusable_sources_is_limited(
    sources: Sources, files: ResultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_mock.media.result_videos.MAX_UNUSABLE_URLS", 1)
    for number, url in enumerate([f"{HERE}/gone/1", f"{HERE}/gone/2", f"{HERE}/gone/1"], 1):
        await files.path(Video(number, image=url))
    assert sources.opened == [f"{HERE}/gone/1", f"{HERE}/gone/2", f"{HERE}/gone/1"]


async def test_source_that_does_not_arrive_in_time_is_replaced_by_a_title_card(sources: Sources) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        never: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        return await never

    files = ResultFiles(Fetcher(sources.find, resolve=resolve), source_seconds=0.05)
    assert is_card(await files.path(Video(1, image="https://media.example.com/a.png")))
    files.close()


async def test_source_is_decoded_and_encoded_in_a_helper_process(
    sources: Sources, full_size_files: ResultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_sandbox.is_possible", lambda: True)
    monkeypatch.setattr("evolink_mock.media.result_videos.render", None)  # the helper has the real one
    decoded = DecodedVideo(await full_size_files.path(Video(1, image=sources.put(encode(halves())))), 0)
    assert alike(colour(decoded.frames[0], 0.02), RED)


async def test_source_that_exceeds_the_limits_of_its_helper_is_replaced_by_a_title_card(
    sources: Sources, full_size_files: ResultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolink_sandbox.is_possible", lambda: True)
    monkeypatch.setattr("evolink_mock.media.result_videos.RENDER_LIMITS", Limits(0.01, 30, 1024))
    assert is_card(await full_size_files.path(Video(1, image=sources.put(encode(halves())))))


# --- the cache


async def test_same_video_is_the_same_file(sources: Sources, files: ResultFiles) -> None:
    video = Video(1, image=sources.put(encode(halves())))
    paths = await asyncio.gather(*(files.path(video) for _ in range(5)))
    assert {*paths, await files.path(Video(*video))} == {paths[0]}
    assert len(sources.opened) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"seconds": 2},
        {"aspect_ratio": "1:1"},
        {"quality": "1080p"},
        {"audio": True},
        {"prompt": "A dog"},
        {"model": "m"},
    ],
)
async def test_each_setting_changes_the_video(files: ResultFiles, change: dict[str, Any]) -> None:
    video = Video(1, prompt="A cat")
    first, second = await files.path(video), await files.path(video._replace(**change))
    assert first.read_bytes() != second.read_bytes()


async def test_same_settings_produce_the_same_bytes(sources: Sources, files: ResultFiles) -> None:
    other = ResultFiles(Fetcher(sources.find))
    video = Video(1, audio=True, footage=sources.put(footage()))
    assert (await files.path(video)).read_bytes() == (await other.path(video)).read_bytes()
    other.close()


async def test_most_recently_requested_files_are_kept(files: ResultFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(video: Video, _source: object, path: Path, _deadline: float) -> None:
        path.write_text(str(video.seconds))

    monkeypatch.setattr("evolink_mock.media.result_videos.render", write)
    monkeypatch.setattr("evolink_mock.media.result_videos.MAX_FILES", 2)
    first, second = await files.path(Video(seconds=1)), await files.path(Video(seconds=2))
    assert await files.path(Video(seconds=1)) == first
    third = await files.path(Video(seconds=3))
    assert [path.exists() for path in (first, second, third)] == [True, False, True]
    assert (await files.path(Video(seconds=2))).read_text() == "2"
    files.close()
    assert not third.parent.exists()


async def test_video_that_could_not_be_written_is_rendered_again(
    files: ResultFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = video_encoder.write_mp4

    def fail(*arguments: Any, **options: Any) -> None:
        write(*arguments, **options)
        raise OSError("No space left on device")

    first = await files.path(Video(1))
    with monkeypatch.context() as patch:
        patch.setattr(video_encoder, "write_mp4", fail)
        with pytest.raises(OSError, match="No space"):
            await files.path(Video(2))
    assert list(first.parent.glob("*.mp4")) == [first]
    assert DecodedVideo(await files.path(Video(2))).seconds == 2


async def test_cancelled_caller_does_not_cancel_the_video_of_another(files: ResultFiles) -> None:
    cancelled, other = (asyncio.ensure_future(files.path(Video(1))) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert DecodedVideo(await other).seconds == 1
    assert cancelled.cancelled()


# --- title cards

LONG = "A slow dolly shot of an orange cat that plays a grand piano in a concert hall full of candles, " * 3
CARDS = [(1280, 720), (720, 1280), (1920, 1080), (1080, 1920), (960, 960)]


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the bounding box of all pixels that are not background."""
    box = Image.eval(image.convert("L"), lambda level: 255 * (level > 60)).getbbox()
    assert box is not None
    return box


@pytest.mark.parametrize("size", CARDS)
@pytest.mark.parametrize(
    ("title", "text"),
    [
        *(("wan2.5-image-to-video", text) for text in (LONG, "x" * 300, "猫" * 300, "一只猫在弹钢琴", "A cat", "")),
        *(("m" * 500, text) for text in (LONG, "猫" * 300, "")),
    ],
)
async def test_title_card_keeps_its_margins(size: tuple[int, int], title: str, text: str) -> None:
    left, top, right, bottom = ink(
        title_card.draw_title_card(size, title, text, "10 s   ·   9:16   ·   720p   ·   with sound")
    )
    margin = min(size) * 0.08
    assert min(left, top, size[0] - right, size[1] - bottom) > margin


@pytest.mark.parametrize("text", ["一只猫在弹钢琴", "Eine Katze spielt 钢琴", "\x00\u202e\U0010fffd"])
async def test_title_card_counts_the_characters_that_no_font_has(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(title_card, "_font_names", lambda: ("",))  # as on a machine without fonts
    drawn = title_card.draw_title_card((720, 1280), "m", text, "")
    assert encode(drawn) != encode(
        title_card.draw_title_card((720, 1280), "m", "".join(c for c in text if c < "\x7f" and c > " "), "")
    )
