"""Checks of files in every form of field, with real files on both sides of each limit."""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from contract_suite.core.samples import archive, compound, image, mp3, pdf, sound, video, wav
from evolink import AsyncEvoLink, InvalidMedia, InvalidRequest, ParameterIgnoredWarning, billing, media
from evolink._contract import packaged_contract
from evolink._validation import find_violations
from evolink.media import Judgement, Media
from tests.media_fields import (
    IN_THE_REQUEST,
    LIMITS,
    LISTS,
    NAMES,
    SUMS,
    Make,
    extensible,
    forms,
    in_every_form,
    model_schema,
)

Save = Callable[..., str]
Check = Callable[..., list[tuple[str, str]]]

MODEL = "made-up-media"


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Saves a file under a name that does not reveal its format, or under a given suffix."""
    numbers = itertools.count()

    def save(content: bytes, suffix: str = "bin") -> str:
        path = tmp_path / f"{next(numbers)}.{suffix}"
        path.write_bytes(content)
        return str(path)

    return save


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Adds an invented model to the contract, with these properties and further keys of its schema."""
    contract = packaged_contract()
    operation = contract.operations["create_video_generation"]
    create = contract.document["paths"][operation.path][operation.method.lower()]
    mapping = create["requestBody"]["content"]["application/json"]["schema"]["discriminator"]["mapping"]

    def add(properties: dict[str, Any], **more: Any) -> None:
        name = f"{MODEL}-{next(_numbers)}"  # validators are cached by the name of the model
        schema = model_schema(name, properties, **more)
        add.name = name  # type: ignore[attr-defined]
        monkeypatch.setitem(mapping, name, f"#/components/schemas/{name}")
        monkeypatch.setitem(contract.schemas, name, schema)
        monkeypatch.setitem(contract.models, name, schema)

    return add


_numbers = itertools.count()


def broken(request: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the field and the keyword of each rule that the files of a request break."""
    try:
        media.check(request)
    except InvalidMedia as error:
        for violation in error.violations:
            assert str(violation).isprintable()
        return [(violation.field, violation.keyword) for violation in error.violations]
    return []


@pytest.mark.parametrize(
    ("keyword", "limits", "fitting", "breaking"),
    LIMITS,
    ids=[f"{keyword}-{limits}" for keyword, limits, _, _ in LIMITS],
)
def test_limit_holds_on_both_sides_in_every_form_of_field(
    model: Any, save: Save, keyword: str, limits: dict[str, Any], fitting: Make, breaking: Make
) -> None:
    model(forms(limits))
    request = {"model": model.name}
    assert broken({**request, **in_every_form(save(fitting()))}) == []
    assert broken({**request, **in_every_form(save(breaking()))}) == [(name, keyword) for name in NAMES]


def test_fields_without_a_file_are_not_checked(model: Any) -> None:
    model(forms({"kind": "image"}))
    media.check({"model": model.name})
    media.check({"model": model.name, "model_params": {"by_name": {}}})


@pytest.mark.parametrize("file", ["data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgo="])
def test_file_in_the_request_itself_is_neither_fetched_nor_checked(model: Any, save: Save, file: str) -> None:
    model(IN_THE_REQUEST)
    assert broken({"model": model.name, "file_url": file}) == []
    assert broken({"model": model.name, "file_url": save(wav(0.1))}) == [("file_url", "kind")]


@pytest.mark.parametrize("limits", [{}, {"reachable": "viewable-or-downloading"}, {"kind": "image"}])
def test_absent_keys_are_no_limits(model: Any, save: Save, limits: dict[str, Any]) -> None:
    model(forms(limits))
    assert broken({"model": model.name, **in_every_form(save(image("GIF", size=(1, 9))))}) == []
    assert broken({"model": model.name, "file_url": save(b"\x00 nothing")}) == [("file_url", "kind")]
    assert broken({"model": model.name, "file_url": "none.png"}) == [("file_url", "reachable")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"file_urls": "a.png"}, "file_urls"),
        ({"file_urls": ["a.png"] * 4}, "file_urls"),
        ({"file_urls": [5]}, "file_urls[0]"),
        ({"file_url": ["a.png"]}, "file_url"),
        ({"file_url": None}, "file_url"),
        ({"model_params": "a.png"}, "model_params"),
        ({"model_params": {"file_url": {}}}, "model_params.file_url"),
        ({"model_params": {"by_name": ["a.png"]}}, "model_params.by_name"),
        ({"model_params": {"by_name": {"image1": 5}}}, "model_params.by_name.image1"),
    ],
)
def test_malformed_field_of_any_form_is_refused(model: Any, body: dict[str, Any], field: str) -> None:
    model(forms({"kind": "image"}))
    with pytest.raises(InvalidRequest) as error:
        media.check({"model": model.name, **body})
    assert [violation.field for violation in error.value.violations] == [field]
    assert not isinstance(error.value, InvalidMedia)


def test_files_of_a_request_that_breaks_a_rule_on_several_fields_are_checked(model: Any, save: Save) -> None:
    rule = {
        "description": "The model takes one file or a list, but not both.",
        "x-fields": ["file_url", "file_urls"],
        "not": {"required": ["file_url", "file_urls"]},
    }
    model(forms({"kind": "image"}), allOf=[rule])
    request = {"model": model.name, "file_url": save(image("PNG")), "file_urls": [save(wav(0.1))]}
    assert [violation.keyword for violation, _ in find_violations(request)][-1] == "allOf"
    assert broken(request) == [("file_urls[0]", "kind")]


def test_violations_say_what_to_do(model: Any, save: Save) -> None:
    model(forms({"ratio": {"max": 2}, "fps": {"min": 24}, "pixels": {"min": 9000}, "short-side-pixels": {"min": 50}}))
    with pytest.raises(InvalidMedia) as error:
        media.check({"model": model.name, "file_url": save(video(size=(96, 40)))})
    assert [(violation.fix, violation.actual, violation.limit) for violation in error.value.violations] == [
        ("must have at least 50 pixels on the shorter side", "96 pixels wide and 40 pixels high", {"min": 50}),
        ("must have at least 9000 pixels in all, width times height", "3840 pixels in all", {"min": 9000}),
        ("must be at most 2 times as wide as high", "2.4 times as wide as high", {"max": 2}),
        ("must have at least 24 frames per second", "at 10 frames per second", {"min": 24}),
    ]


# --- sums of lengths


def test_lengths_of_all_files_of_a_field_are_added(model: Any, save: Save) -> None:
    model(LISTS)
    two, longer = save(video()), save(video(seconds=2.1))
    assert broken({"model": model.name, "video_urls": [two, two]}) == []
    with pytest.raises(InvalidMedia) as error:
        media.check({"model": model.name, "video_urls": [two, longer]})
    [violation] = error.value.violations
    assert violation[:5] == (
        "video_urls", "total-seconds", {"max": 4}, "4.1 s long in all", "must be at most 4 s long in all",
    )  # fmt: skip


def test_lengths_of_files_are_added_to_a_field(model: Any, save: Save) -> None:
    model(LISTS, **SUMS)
    files = [save(video()), save(video(seconds=1))]
    assert broken({"model": model.name, "video_urls": files}) == []  # 3 s and the default of 5 s
    with pytest.raises(InvalidMedia) as error:
        media.check({"model": model.name, "video_urls": files, "duration": 6})
    [violation] = error.value.violations
    assert violation[:5] == ("video_urls", "x-file-limits", 8, "9 s long in all", "Videos and output: at most 8 s")


def test_files_that_are_cut_cause_a_warning(model: Any, save: Save, recwarn: pytest.WarningsRecorder) -> None:
    model(LISTS, **SUMS)
    request = {"model": model.name, "duration": 3, "audio_url": save(mp3(2)), "video_urls": [save(video(seconds=1))]}
    media.check(request)
    assert not recwarn
    with pytest.warns(ParameterIgnoredWarning, match="audio_url is cut: Sounds and videos are used up to") as record:
        media.check({**request, "duration": 2})
    [warning] = record
    assert isinstance(warning.message, ParameterIgnoredWarning)
    assert (warning.message.field, warning.filename) == ("audio_url", __file__)


def test_warning_of_the_async_client_names_the_callers_line(model: Any, save: Save) -> None:
    model(LISTS, **SUMS)
    body = {"id": "task-unified-1-a", "status": "pending"}

    async def submit() -> None:
        async with AsyncEvoLink(
            "sk-evo-test-key", transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body))
        ) as api:
            await api.submit(
                {"model": model.name, "duration": 1, "audio_url": save(mp3(2))}, check_media=True, validate=False
            )

    with pytest.warns(ParameterIgnoredWarning) as record:
        asyncio.run(submit())
    assert [warning.filename for warning in record] == [__file__]


def test_unknown_properties_break_no_rule(model: Any) -> None:
    model(LISTS, **SUMS)
    request = {"model": model.name, "video_urls": ["https://a.example/1", "https://a.example/2"]}
    assert media.judge(request, {}) == Judgement()
    assert media.judge(request, {"video_urls[0]": Media(seconds=3)}) == Judgement()
    assert [v.keyword for v in media.judge(request, {"video_urls[0]": Media(seconds=5)}).broken] == [
        "total-seconds",
        "x-file-limits",
    ]


@pytest.mark.parametrize("field", ["file_urls", "file_url", "model_params.file_url", "model_params.by_name"])
def test_files_of_every_form_are_measured_for_an_estimate(model: Any, save: Save, field: str) -> None:
    rule = {"field": field, "cap-seconds-by-count": [0.5]}
    model(
        forms({"kind": "audio"}),
        **{"x-billing": {"reserved-from": "duration", "settled-on": "produced-seconds", "input": rule}},
    )
    request = {"model": model.name, "duration": 5, **in_every_form(save(mp3(1)))}
    assert billing.measure(request) == [1]
    assert billing.estimate(request, input_seconds=[1]).input_seconds == 0.5
    assert billing.measure({"model": model.name}) == []
    assert billing.estimate({"model": model.name}).input_seconds == 0


# --- formats


SOUNDS: list[tuple[str, Make, str, Any]] = [
    ("with ID3 tags", mp3, "mp3", 1),
    ("without ID3 tags", partial(mp3, id3v2_version="0"), "mp3", 1),
    (
        "without ID3 tags and padding",
        partial(mp3, id3v2_version="0", write_xing="0"),
        "mp3",
        pytest.approx(1, abs=0.25),
    ),
    ("wav", wav, "wav", 1),
    ("wav of 24 bits", partial(wav, codec="pcm_s24le", samples="s32"), "wav", 1),
    ("wav of floats", partial(wav, codec="pcm_f32le", samples="flt"), "wav", 1),
    ("extensible wav", extensible, "wav", 1),
    ("cut wav", lambda: wav()[: len(wav()) - 8000], "wav", 0.5),
    ("m4a", partial(sound, "ipod", 1), "m4a", 1),
    ("mp4 with sound only", partial(sound, "mp4", 1), "m4a", 1),
    ("aac", partial(sound, "adts", 1), "aac", pytest.approx(1, abs=0.25)),
    ("flac", partial(sound, "flac", 1, "flac", "s16"), "flac", 1),
]


@pytest.mark.parametrize(("make", "name", "seconds"), [case[1:] for case in SOUNDS], ids=[case[0] for case in SOUNDS])
def test_sound_is_recognised_and_measured(save: Save, make: Make, name: str, seconds: Any) -> None:
    found = media.probe(save(make()))
    assert (found.kind, found.format, found.problem) == ("audio", name, "")
    assert found.seconds == seconds


@pytest.mark.parametrize(
    "content",
    [b"ID3\x04\0\0\0\0\0\0", b"\xff\xfb\x90\x00" + bytes(99), b"RIFF\0\0\0\0WAVEfmt "],
    ids=["tag", "frame", "wav"],
)
def test_sound_that_cannot_be_decoded_is_damaged(save: Save, content: bytes) -> None:
    found = media.probe(save(content))
    assert found.problem.startswith("a damaged ")


OFFICE = "[Content_Types].xml"
DOCUMENTS: list[tuple[str, Make, str, str | None]] = [
    ("pdf", partial(pdf, 1), "", "pdf"),
    ("docx", partial(archive, OFFICE, "word/document.xml"), "", "docx"),
    ("xlsx", partial(archive, "xl/workbook.xml", OFFICE), "zip", "xlsx"),
    ("pptx", partial(archive, OFFICE, "ppt/presentation.xml"), "docx", "pptx"),
    ("doc", partial(compound, "Root Entry", "WordDocument"), "", "doc"),
    ("xls", partial(compound, "Root Entry", "a", "b", "c", "Workbook"), "", "xls"),
    ("ppt", partial(compound, "Root Entry", "PowerPoint Document"), "doc", "ppt"),
    (
        "ppt with a table of xls in it",
        partial(compound, "Root Entry", "PowerPoint Document", inner=("Workbook",)),
        "",
        "ppt",
    ),
    ("key", partial(archive, "Index/Document.iwa", "Index/Slide-1.iwa"), "", "key"),
    ("pages", partial(archive, "Index/Document.iwa"), "PAGES", "pages"),
    ("numbers", partial(archive, "Index/Document.iwa"), "numbers", "numbers"),
    ("pages or numbers", partial(archive, "Index/Document.iwa"), "", None),
    ("txt", "naïve\r\n\ttext\f".encode, "", "txt"),
    ("txt that begins like an image", lambda: b"BM is not a picture", "txt", "txt"),
    ("txt that begins like a video", lambda: b"The free world", "", "txt"),
    ("txt that begins like a sound", lambda: b"ID3 tags", "", "txt"),
    ("txt in utf-16", lambda: "text".encode("utf-16"), "", "txt"),
    ("md", lambda: b"# A title", "MD", "md"),
    ("markdown", lambda: b"# A title", "markdown", "md"),
]


@pytest.mark.parametrize(("make", "suffix", "name"), [c[1:] for c in DOCUMENTS], ids=[c[0] for c in DOCUMENTS])
def test_document_is_recognised(save: Save, make: Make, suffix: str, name: str | None) -> None:
    found = media.probe(save(make(), suffix))
    assert (found.kind, found.format, found.problem) == ("document", name, "")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (partial(archive, "a.txt"), "an archive that is not a document"),
        (lambda: b"PK\x03\x04" + bytes(99), "a damaged archive: BadZipFile"),
        (partial(compound, "Root Entry"), "an archive that is not a document"),
        (partial(compound, "EncryptedPackage"), "an encrypted document"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an archive that is not a document"),
        (lambda: b"a\0b", "a file of an unknown format"),
    ],
)
def test_other_archive_is_not_a_document(save: Save, make: Make, problem: str) -> None:
    found = media.probe(save(make(), "docx"))
    assert (found.kind, found.format, found.problem) == (None, None, problem)


def test_suffix_of_a_url_tells_markdown_from_text() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b"# A title"))
    assert media.probe("https://a.example/b.md?as=c.txt", transport=transport).format == "md"


def test_pages_are_unknown_in_a_pdf_whose_objects_are_packed(save: Save) -> None:
    found = media.probe(save(b"%PDF-1.5\n1 0 obj <</Type /ObjStm>>\nstartxref\n9\n%%EOF"))
    assert (found.format, found.pages, found.problem) == ("pdf", None, "")


def test_variable_frame_rate_is_unknown(save: Save) -> None:
    assert media.probe(save(variable())).fps is None
    assert media.probe(save(video(fps=30, seconds=0.2))).fps == 30


def variable() -> bytes:
    """Return a video whose frames follow each other at different times."""
    content = io.BytesIO()
    output: Any = av.open(content, "w", format="mp4")
    with output as container:
        stream = container.add_stream("mpeg4", rate=100)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 100)
        for at in (0, 3, 5, 20, 28, 31, 60, 61):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = at, Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return content.getvalue()
