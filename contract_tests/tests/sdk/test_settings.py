"""Every setting is checked by the constructor, and the error names the argument or the environment variable."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest

from evolink import AsyncEvoLink, ConfigurationError, EvoLink, errors, media
from evolink._settings import key_problem
from evolink.cli.app import run
from evolink.errors import NextStep
from evolink_mock import MockTransport

KEY = "sk-evo-settings-0123456789"
REMOTE = "http://evolink-mock:4010"
NETWORK = [f"{scheme}{end}" for scheme in ("http", "https", "all", "no") for end in ("_proxy", "_PROXY")]
CERTIFICATES = ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove all settings from the environment."""
    names = {*NETWORK, *(name.upper() for name in NETWORK), *CERTIFICATES}
    for name in [name for name in os.environ if name.startswith("EVOLINK_") or name in names]:
        monkeypatch.delenv(name)


def refusal(**settings: Any) -> str:
    """Return the error of both constructors."""
    messages: set[str] = set()
    for kind in (EvoLink, AsyncEvoLink):
        with pytest.raises(ConfigurationError) as caught:
            kind(KEY, **settings)
        messages.add(str(caught.value))
    (message,) = messages
    return message


# --- proxies and certificates

BAD_PROXIES = [
    "socks://127.0.0.1:7890/",
    "ftp://127.0.0.1",
    "http://",
    "http://[::1",
    "http://a b:80",
    "http://a..b:80",
    f"http://{'a' * 70}.example",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:0",
    "http://127.0.0.1:port",
    "http://user:hunter2#@127.0.0.1:80",
    "://",
    "\x01",
]


@pytest.mark.parametrize("address", BAD_PROXIES)
@pytest.mark.parametrize("name", ["proxy", "ALL_PROXY", "HTTPS_PROXY", "http_proxy"])
def test_invalid_proxy_is_refused_and_its_password_is_not_shown(
    name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name != "proxy":
        monkeypatch.setenv(name, address)
    message = refusal(**{name: address} if name == "proxy" else {})
    assert message.startswith(f"invalid {name}: ")
    assert message.endswith(f". Check {name}")
    assert "hunter2" not in message


def test_refusal_of_a_socks_proxy_names_the_scheme_or_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(proxy="socks://127.0.0.1:1") == (
        "invalid proxy: a proxy begins with http://, https://, socks5:// or socks5h://; write socks5:// instead of "
        "socks://. Check proxy"
    )

    def missing(name: str) -> None:
        assert name == "socksio"

    monkeypatch.setattr("evolink._network.find_spec", missing)
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:7890")
    assert refusal() == (
        'ALL_PROXY is a SOCKS proxy, which needs another package; install it with: pip install "httpx[socks]"'
    )


@pytest.mark.parametrize("value", [5, b"http://127.0.0.1:80", True, {"https://": "http://127.0.0.1"}])
def test_proxy_of_another_type_is_refused(value: Any) -> None:
    assert f"not {type(value).__name__}" in refusal(proxy=value)


@pytest.mark.parametrize("entry", ["a b\x01", "xn--\x80", "http://a:port", "a b", "127.0.0.1 .svc"])
def test_invalid_no_proxy_is_refused_if_a_proxy_is_set(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", f"localhost,{entry}")
    EvoLink(KEY)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert refusal().startswith("invalid NO_PROXY: ")


def test_valid_settings_of_the_environment_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "NO_PROXY", "localhost, 127.0.0.1, ::1, [::1], [::1]:80, fd00::/8, 10.0.0.0/8, .svc, *.a.b, a:80"
    )
    for proxy in ("http://user:p%40ss@127.0.0.1:7890", "127.0.0.1:7890", "https://proxy.example", "HTTP://proxy:80/"):
        monkeypatch.setenv("ALL_PROXY", proxy)
        for kind in (EvoLink, AsyncEvoLink):
            kind(KEY)
            kind(KEY, proxy=proxy)
            kind(KEY, proxy=httpx.Proxy("http://127.0.0.1:1"))


@pytest.mark.parametrize("name", ["verify", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_certificates_that_cannot_be_loaded_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.pem").write_bytes(b"")
    (tmp_path / "text.pem").write_text("no certificate")
    bad = [tmp_path / "missing" / "a.pem"]
    if name in {"verify", "SSL_CERT_FILE"}:
        bad += [tmp_path / "empty.pem", tmp_path / "text.pem"]
    if name in {"SSL_CERT_FILE", "SSLKEYLOGFILE"}:
        bad += [tmp_path]
    for path in bad:
        if name != "verify":
            monkeypatch.setenv(name, str(path))
        message = refusal(**{"verify": path} if name == "verify" else {})
        assert message.startswith(f"invalid {name}: cannot use ")
        assert path.name in message
        assert message.endswith(f". Check {name}")


@pytest.mark.parametrize("value", [False, 5, "", "a\0b", object()])
def test_verify_is_a_path_or_a_context_and_cannot_be_switched_off(value: Any) -> None:
    assert refusal(verify=value).startswith("invalid verify: ")


def test_proxy_and_certificates_belong_to_the_transport_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for settings in ({"proxy": "http://127.0.0.1:1"}, {"verify": "ca.pem"}):
        with pytest.raises(ConfigurationError, match="pass proxy and verify to the transport"):
            EvoLink(KEY, transport=MockTransport(), **settings)  # type: ignore[arg-type]
    monkeypatch.setenv("ALL_PROXY", "nonsense://")
    EvoLink(KEY, transport=MockTransport())


def test_password_of_a_proxy_is_not_in_any_representation() -> None:
    api = EvoLink(KEY, proxy="http://user:hunter2@127.0.0.1:1")
    assert "hunter2" not in repr([vars(api), vars(api.client), api.client.get_httpx_client()])


def test_media_checks_refuse_invalid_variables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7890/")
    with pytest.raises(ConfigurationError, match="ALL_PROXY"):
        media.probe("https://example.com/a.png")


@pytest.mark.parametrize(
    ("name", "value"), [("ALL_PROXY", "socks://127.0.0.1:7890/"), ("SSL_CERT_FILE", "/nonexistent/ca.pem")]
)
def test_command_ends_with_exit_code_2_for_an_invalid_variable(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    monkeypatch.setenv(name, value)
    assert run(["credits"]) == 2
    assert capsys.readouterr().err.startswith(f"evolink: invalid {name}: ")


# --- the API key


@pytest.mark.parametrize(
    "key",
    [f"{quote}{KEY}{quote}" for quote in ('"', "'", "`", "\u201d")]
    + [f'"{KEY}', f"{KEY}'", f"'{KEY}'\n", f'" {KEY} "', f"\u201c{KEY}\u201d"],
)
def test_key_with_quotes_around_it_is_refused(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVOLINK_API_KEY", key)
    for arguments in ((), (key,)):
        with pytest.raises(ConfigurationError) as caught:
            EvoLink(*arguments)
        assert str(caught.value) == (
            "the API key has quotes around it; leave them out, because docker --env-file, for example, does not remove "
            "them; copy it again from https://evolink.ai/dashboard/keys"
        )


PLACEHOLDERS = """
your-api-key-here YOUR_API_KEY your_api_key yourkey12 <your-api-key> <API_KEY> {{api_key}} ${EVOLINK_API_KEY} my-api-key
$EVOLINK_API_KEY %EVOLINK_API_KEY% [API-KEY] EVOLINK_API_KEY evolink_api_key sk-your-key-here sk-evo-your-key YOUR_KEY
sk-evo-xxxxxxxxxx sk-xxxx sk-evo-XXXX xxxxxxxxxxxx sk-... sk-evo-... sk-evo-abc...xyz sk-**** ******** changeme
change-me CHANGE_ME_PLEASE replace-me REPLACE_WITH_KEY insert-key-here insert_your_key paste-your-key-here my_api_key
put-your-key-here enter-your-key placeholder sk-evo-placeholder undefined key-goes-here api-key-here token-here
sk-your-api-key your-token-here YOUR-SECRET-KEY add-your-key-here sk-evo-your-real-key sk-evo-\u2026
"""


@pytest.mark.parametrize("key", PLACEHOLDERS.split())
def test_placeholder_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="the API key is a placeholder, to be replaced with a real one; copy"):
        EvoLink(key)


@pytest.mark.parametrize("key", ["Bearer sk-evo-12345678", "bearer  sk-evo-12345678"])
def test_key_with_its_scheme_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match='begins with "Bearer"'):
        EvoLink(key)


@pytest.mark.parametrize("key", ["EVOLINK_API_KEY=sk-evo-12345678", "sk-evo-12345678;", "sk-evo-1234,5678", "a:b:c:d:"])
def test_key_with_characters_that_no_bearer_token_has_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="characters that no bearer token has"):
        EvoLink(key)


REAL = """
sk-evo-mock sk-evo-test-key sk-1234567890abcdef sk-evo-YourselfA1b2C3 dummy-key test-api-key test_api_key testtest
a.b-c_d~e+f/g== sk-evo-Key1Here sk-evo-Put1ItIn2 sk-evo-axxxxxb sk-evo-changeable
"""


@pytest.mark.parametrize("key", REAL.split())
def test_other_keys_are_accepted(key: str) -> None:
    assert key_problem(key) == ""
    EvoLink(key)


# --- consent for http


def test_http_to_another_machine_needs_consent_which_the_refusal_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(base_url=REMOTE) == (
        "invalid server address: expected https://, because the API key is never sent unencrypted without your "
        "consent; http:// is for localhost only. Check base_url. If anybody may see the key, as with a mock, pass "
        "allow_http=True or set EVOLINK_ALLOW_HTTP=1"
    )
    for name in ("base_url", "files_base_url"):
        assert repr(EvoLink(KEY, allow_http=True, **{name: REMOTE}).files_client) == f"<InnerClient of {REMOTE}>"  # type: ignore[arg-type]
    for text in ("1", "true", "YES", " on "):
        monkeypatch.setenv("EVOLINK_ALLOW_HTTP", text)
        assert repr(AsyncEvoLink(KEY, base_url=REMOTE)) == f"<AsyncEvoLink of {REMOTE}>"
        assert "allow_http=True" in refusal(base_url=REMOTE, allow_http=False)
    for text in ("0", "false", "No", "off", ""):
        monkeypatch.setenv("EVOLINK_ALLOW_HTTP", text)
        assert "allow_http=True" in refusal(base_url=REMOTE)


def test_consent_that_is_not_a_yes_or_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(allow_http="yes") == "allow_http must be True or False, not 'yes'"
    monkeypatch.setenv("EVOLINK_ALLOW_HTTP", "maybe")
    assert refusal() == "invalid EVOLINK_ALLOW_HTTP 'maybe': expected 1 or 0"


@pytest.mark.parametrize("url", ["http://a.localhost:9", "http://A.B.Localhost", "http://localhost.:9"])
def test_names_below_localhost_need_no_consent(url: str) -> None:
    EvoLink(KEY, base_url=url)


@pytest.mark.parametrize(
    "url", ["http://notlocalhost", "http://localhost.example", "http://alocalhost", "http://1.2.3.4"]
)
def test_other_names_need_consent(url: str) -> None:
    assert "allow_http=True" in refusal(base_url=url)


def test_proxy_on_another_machine_gets_an_unencrypted_key_only_with_consent() -> None:
    settings = {"base_url": "http://127.0.0.1:9", "proxy": "http://proxy.example:80"}
    assert "sent unencrypted to the proxy" in refusal(**settings)
    EvoLink(KEY, allow_http=True, **settings)  # type: ignore[arg-type]
    EvoLink(KEY, base_url="http://127.0.0.1:9", proxy="http://127.0.0.1:80")


@pytest.mark.parametrize("url", ["https://a.example:99999", "https://a.example:0"])
def test_address_with_an_impossible_port_is_refused(url: str) -> None:
    assert refusal(base_url=url).endswith("Check base_url")


def test_command_takes_the_consent_as_an_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded: list[Any] = []

    def connect(**settings: Any) -> EvoLink:
        recorded.append(settings["allow_http"])
        transport = MockTransport(api_key=KEY)
        return EvoLink(KEY, transport=transport, **settings)

    monkeypatch.setattr("evolink.cli.command.EvoLink", connect)
    monkeypatch.setenv("EVOLINK_BASE_URL", REMOTE)
    assert run(["credits"]) == 2
    assert "give --allow-http or set EVOLINK_ALLOW_HTTP=1" in capsys.readouterr().err
    assert run(["credits", "--allow-http", "--json"]) == 0
    assert run(["--allow-http", "credits"]) == 0
    monkeypatch.setenv("EVOLINK_ALLOW_HTTP", "1")
    assert run(["credits"]) == 0
    assert recorded == [None, True, True, None]
    assert json.loads(capsys.readouterr().out.splitlines()[0]).keys() == {"credits"}


def test_consent_is_a_next_step_as_data() -> None:
    with pytest.raises(ConfigurationError) as caught:
        EvoLink(KEY, base_url=REMOTE)
    assert caught.value.next_steps == (NextStep("check_setting", "base_url"), NextStep("allow_http"))
    assert "allow_http" in (errors.NextStep.__doc__ or "")
