"""Generates two files from the documented rules: `documented/README.md` and the mock's `rules.json`.

The README explains the format and lists all rules. `rules.json` tells the mock which rules a request breaks.

    make rules

With `--check`, which `make check` uses, the command only reports outdated files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from bundle import write_atomically
from contract_suite.reporting import rule_index
from contract_suite.rules import documented, editions, short_form
from contract_suite.rules.documented import RuleError, Rules
from contract_suite.rules.kinds import Rule

README = documented.DOCUMENTED / "README.md"

HEAD = """<!-- Written by `make rules` from the files beside it. -->

# The documented rules

These files restate EvoLink's documentation. They were written from its pages as a second reading, independently of
`openapi/`. `make contract` checks every rule against the contract, the SDK and a server. If the two readings disagree,
one of them is wrong.

A rule is *documented* if its page states it, *inferred* if we concluded it, and *contested* if another edition of the
documentation contradicts it. A run against our mock judges every rule. A run against any other server judges only
documented rules, and reports differences from the others.

## Editions

The files in `editions/` say what a later edition of the pages says otherwise. Each has a section for every file that it
changes. A row there replaces the row with the same id, `null` removes it, and a new id adds a row. `samples` replace
those of the file. The section of a file in short form has the same form: `MODEL: {page: ..., fields: {prompt: {text:
6000}}}`. It says only what is different, as a file with `like` does. It changes no file that is `like` its own. The ids
in its `rules` are written without the model. An edition applies on top of the older ones. `make contract
EDITION=2026-10` judges by it. A rule that a later edition changes is contested.

## Adding a rule

1. Add a row with a new id to one of the files.
2. Run `make rules`.
3. Run `make check`, which reports errors in the form of the row.
4. Run `make test`, which reports a rule that the contract contradicts, and a rule that adds nothing.

`says` states the rule in our own words. A rule that is not plainly documented has a `certainty`, and its reason in
`because`. The other keys of a row depend on the kind of the rule:

| key | content |
|---|---|
| `accepts`, `rejects` | Changes to a valid request, which is then accepted or rejected. The valid request is the file's `request`, the smallest one. In a file with `requests`, it is each of these, or only that of the upload in `of`. In a file with neither, it is the request of every model. `field` is the field that the error names, or a list of fields of which it names one. `status` is the status of the error, 400 by default. `type` and `default` are those that the page gives for the field. `type: {items: string}` is the type of a list's items. |
| `ignored` | Changes to the request, which is then accepted although `field` has no effect. The SDK warns and names the field. `accepts` lists changes in which it has its effect. |
| `tokens` | Changes to the request, which is then accepted although the text in `field` may have more tokens than documented. The SDK warns and names the field. `accepts` lists changes of which it does not warn. |
| `fails_later` | Changes to the request, which is then accepted although its task fails with `code`. The SDK refuses it and names `field`. `accepts` lists changes whose task does not fail. |
| `files` | Properties of the file behind the URL in `field`: `kind`, `format`, `bytes`, `width`, `height`, `seconds`, `fps`, `pages`, `alpha`, `reachable`. Files are in `accepts` or in `rejects`, or in `cuts` if they are accepted and the part beyond a limit is cut off. A list describes several files of the field. `{request: ..., files: ...}` also changes the request. Its `files` may be an object with a list for each of several fields. |
| `exchanges` | Requests of any form. `operation` is `create`, `task`, `credits`, `upload-stream`, `upload-base64` or `upload-url`. `status` is the status of the response. `method`, `authorization`, `content_type`, `body` (JSON), `text` (any text), `pad_to` (bytes) and `task_id` replace parts of a valid request. `blames` is the `param` of the error. `code` is the `code` in an error of the file host. `answer_headers` are headers of the response. |
| `responses` | Properties of every response of some `operations`: the possible `statuses`, or the `content_type`. |
| `answers`, `must` | `answers` lists bodies: `created`, `task`, `credits`, `uploaded`, `callback`, `refusal`, `file refusal`, or one like `create 401`. `must` is a JSON Schema for them. The rule applies only to bodies that have the fields in `when`, for example `{status: {one_of: [pending, processing]}}`, and not those in `unless`. `accepts` and `rejects` are changes to the file's `samples`. |
| `follow` | The name of a behaviour that takes several queries to observe. `contract_suite/rules/kinds.py` lists the names. |
| `deliveries` | The `outcome` of a task, and the seconds from its end to each delivery attempt of its callback (`attempts_at`). `answers` lists the receiver's responses in turn: a status, `disconnect`, or `{status: 200, after: 9.9}` for a slow one. `until` is the last status of a task that is not followed to its end. `resolves_to` is the address of the receiver's name. `host` is another name, which is looked up normally. `received` is the number of requests that reach the receiver, if it is not the number of attempts. `method`, `content_type`, `body: task` and `after: billing` describe the first request. `then: queries` queries the task afterwards. |
| `billing` | A `request`, its `outcome`, the `input_seconds` of its files, and the charge as `reserved_seconds`, `settled_seconds` and `billed_input_seconds`. `files` names the field of the files, or several fields with a single file each. `settled_on: input` says that the final charge is for the length of the input. |
| `unit` | What is counted instead of seconds: `call` or `token`, or `unknown` if no page says anything. |
| `dearer` | Two requests: `is` costs more `than` the other. |
| `unseen` | The reason why no run can observe the rule. `states` makes it comparable with the contract: the `host` of `operations`, the `valid_seconds` of a `field` of `answers`, or whether a `retry` can help after each value of that field. |

### The short form

The file of a model, `FAMILY/MODEL.yaml`, may have a table, `fields`, with one line for each field of a request. The suite
derives rules from it: their ids, sentences, and cases on both sides of every limit. The ids begin with the id of the
model. `rules` holds everything else in the long form, with ids that omit the model. A row of `rules` with the id of a
derived one replaces it, and `null` removes it. Write `request` and `fields` only; `page`, `edition` and `title` are as in
every file.

| key of a field | what the page says |
|---|---|
| `required: true`, `default` | The field is required. The value that it has otherwise. |
| `text: 5000` | A text of at most so many characters, or `any`. `chinese: 2500` is the limit of a text of Chinese characters. `tokens: 10000` is a limit in tokens: the SDK warns of a text with more characters. `empty: refused` or `unstated` says that a text is not empty, and whether the page says what happens to an empty one. |
| `values: [720p, 1080p]` | The texts or integers that are allowed. |
| `integer: [2, 15]`, `number: [2, 15]` | A range. An open end is `null`. `also: [-1, auto]` lists values outside it, or texts. `schema: [0, 15]` is a wider range that the schema of the page allows while its prose gives this one. A number may have a fraction. `fraction: unstated` on an integer: the schema of the page allows one, and its prose does not. |
| `urls: [1, 3]` | A list of URLs, and how many. `urls: 3` if the page gives the largest number only, `urls: any` if it gives none. |
| `objects: [1, 6]`, `item` | A list of objects, and how many, as in `urls`. `item` is a valid one. The fields of an item have lines of their own, such as `shots[].prompt`, and in rows the name `shots.prompt`. |
| `map: {keys: [image1, video2], other_keys: [image01]}` | An object with URLs. Keys that are valid together, and others. |
| `type: url` | A single URL, or another field without limits: `string`, `integer`, `number`, `boolean`, `array`, `object`. |
| `image`, `video`, `audio`, `document` | Limits of the files behind the URLs: `formats`, `mb`, `alpha: false`, `side: [360, 2000]` (width and height in pixels), `width: [720, 2160]`, `short_side: 300` (or `[null, 2160]`), `pixels: [least, most]` (width times height), `ratio: [0.4, 2.5]` (width divided by height), `fps`, `fps_over: 8` (which excludes 8), `seconds`, `total_seconds: 15` (of all files of the field), `pages: 50`, `reachable: true` (the page says that the service fetches the URL). |
| `beyond` | What happens beyond the limit: `refused`, `cut`, `ignored`, or `unstated`. Only what is listed is then documented, and the refusal of anything else is an inferred rule. The default is `unstated` for text and `refused` for everything else. Write `unstated` where only the prose of a page has a list or a range. |
| `schemes: documented` | The page says that URLs are http or https. It is inferred otherwise. |
| `encoded: true` | Where a URL is expected, the page also allows a data URL or base64. |
| `beside: {image_urls: [...]}` | A change without which the field would not be accepted. |

A name with a dot, such as `model_params.shot_type`, is a field of an object. `unknown_fields: refused` says that the page
forbids other fields. `billing` says what the page documents about charges: `reserved` (for the requested `duration`)
`documented` or `inferred`, `settled: produced` seconds, `failed: free`, and `dearer: {quality: [720p, 1080p]}`. The
requests that show what is dearer have the longest `duration`. If a model allows no such request, write a row with
`dearer` in `rules`. If the length of a file is charged, `reserved: {file: video_urls, seconds: {'2': 3, '5.5': 5.5}}` gives
charged seconds by seconds of input, and `settled: input` says that the final charge is for these. `unit: call`, `token`
or `unknown` stands for a page that charges nothing by the second.

A file with `like: MODEL` says only what is different from the file of that model in the same folder. Its `title` is the
id of its own model. The keys of `request`, `billing` and each line of `fields` replace those of the other file, and so
does a row of `rules`. `null` removes a key, a line or a row.

### Changes

In a change, `{absent: true}` removes a field. `{repeat: x, times: n}` and `{start: x, length: n}` create long texts.
Objects are merged, and any other value replaces the original.

The `file` of a form is text. The URLs of media and callbacks have `.invalid` hosts. No task from a row can therefore
succeed and cost credits, and no callback reaches anybody.
"""  # noqa: E501 - a row of a Markdown table is one line


EDITION = """These rules count with `EDITION=` instead of, or in addition to, the rules above with the same ids.
"""


def table(all_rules: Rules) -> str:
    """Return the text of the README: an explanation, and a table of the rules of each file."""
    parts = [HEAD]
    for source, group in groupby(all_rules.rules, key=lambda rule: rule.source):
        rules = list(group)
        parts.append(f"\n## {source}\n")
        pages = sorted({rule.page for rule in rules})
        edition = f" Edition: {rules[0].edition}." if rules[0].edition else ""
        parts.append(f"{'Pages' if len(pages) > 1 else 'Page'}: {', '.join(map(_link, pages))}.{edition}\n")
        if source in all_rules.tables:
            parts.extend(_field_table(all_rules.tables[source]))
            rules = [rule for rule in rules if rule.id not in all_rules.derived]
        if rules:
            parts.append("| id | rule | certainty |\n|---|---|---|")
            parts.extend(map(_line, rules))
    return "\n".join(parts) + "\n"


def _field_table(fields: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a table of fields, each of which stands for several rules."""
    yield "| field | form and limits |\n|---|---|"
    yield from (f"| `{name}` | {short_form.summary(spec)} |" for name, spec in fields.items())
    yield ""


def edition_table(rules: Rules) -> str:
    """Return the part of the README about an edition: a table of the rules that it states otherwise."""
    own, removed = editions.own_rules(rules.edition_name)
    parts = [f"\n## Edition {rules.edition_name}\n", EDITION]
    if removed:
        parts.append(f"This edition removes {', '.join(f'`{rule_id}`' for rule_id in removed)}.\n")
    parts.append("| id | rule | certainty |\n|---|---|---|")
    parts.extend(_line(rule) for rule in rules.rules if rule.id in own)
    return "\n".join(parts) + "\n"


def _link(page: str) -> str:
    return f"<{page}>" if page.startswith("https://") else page


def _line(rule: Rule) -> str:
    certainty = f"*{rule.certainty}*: {rule.because}" if rule.because else rule.certainty
    return f"| `{rule.id}` | {rule.says} | {certainty} |"


def main(arguments: list[str]) -> int:
    """Write the files; with `--check`, report outdated ones instead."""
    try:
        all_rules, *newer = (editions.load(name) for name in editions.names())
    except RuleError as error:
        print(error, file=sys.stderr)
        return 1
    text = table(all_rules) + "".join(map(edition_table, newer))
    texts = {README: text, rule_index.RULES: rule_index.render(all_rules, newer)}
    outdated = {
        path: text for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if arguments == ["--check"]:
        for path in outdated:
            print(f"{path} is stale; run 'make rules'", file=sys.stderr)
        return 1 if outdated else 0
    for path, text in outdated.items():
        write_atomically(path, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
