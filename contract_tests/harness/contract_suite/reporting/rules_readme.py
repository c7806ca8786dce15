"""Writes what is made from the rules: `documented/README.md` and the mock's `rules.json`.

The one says how to read them and has a table of them all, the other where the contract has them.

    make rules

With `--check`, which is a part of `make check`, it only says whether the files are current.
"""

from __future__ import annotations

import sys
from itertools import groupby

from contract_suite.core.writing import write_whole
from contract_suite.reporting import rule_index
from contract_suite.rules import documented
from contract_suite.rules.documented import RuleError, Rules
from contract_suite.rules.kinds import Rule

README = documented.DOCUMENTED / "README.md"

HEAD = """<!-- Written by `make rules` from the files beside it. -->

# The documented rules

What EvoLink's documentation says, typed from its pages: a second reading, which knows nothing of `openapi/`. Every rule
is tried on the contract, on the SDK and on a server (`make contract`); where the two readings disagree, one of them is
wrong.

A rule is *documented* when its page says so, *inferred* when we conclude it, *contested* when another edition of the
documentation says otherwise. On a server other than our mock only documented rules are judged; what differs from the
others is reported.

## Adding a rule

Add a row to one of the files, under an id of its own, and run `make rules`; `make check` says what is wrong with its
form, `make test` where the contract disagrees, or that the row adds nothing. `says` tells the rule in our words. A rule that is not plainly documented has its `certainty`, and `because`
says why. Then comes one of:

| key | what it holds |
|---|---|
| `accepts`, `rejects` | changes to the file's `request`, the smallest valid one; in a file with `requests`, to each of these, or to that of the upload in `of`; in a file with neither, to that of every model; `field` is what a refusal blames, `status` what it is answered with when that is not 400. `type` and `default` are what the page gives for the field; `type: {items: string}` is the type of a list's items |
| `files` | what is known of a file behind a URL in `field`: `kind`, `format`, `bytes`, `width`, `height`, `seconds`, `alpha`, `reachable` |
| `exchanges` | requests of any form. `operation` is `create`, `task`, `credits`, `upload-stream`, `upload-base64` or `upload-url`, and `status` what comes back; `method`, `authorization`, `content_type`, `body` (JSON), `text` (anything), `pad_to` (bytes) and `task_id` are what differs from a valid request; `blames` is the answer's `param`, `code` the `code` of a refusal of the files' host, `answer_headers` are headers it has |
| `responses` | what every answer of some `operations` is like: the `statuses` there are, or its `content_type` |
| `answers`, `must` | which bodies (`created`, `task`, `credits`, `uploaded`, `callback`, `refusal`, `file refusal`, or one as in `create 401`), and a JSON Schema for them, which speaks only of bodies that have the fields in `when`, as in `{status: {one_of: [pending, processing]}}`, and not those in `unless`. `accepts` and `rejects` are changes to the file's `samples` |
| `follow` | the name of a behaviour over several queries, listed in `contract_suite/rules/kinds.py` |
| `deliveries` | a task's `outcome`, what its callback's receiver `answers` in turn (a status, `disconnect`, or `{status: 200, after: 9.9}`), and after how many seconds each attempt comes (`attempts_at`). `until` leaves the task before its end; `resolves_to` is where the receiver's name leads, `host` another name, looked up as it is, `received` how many requests reach it; `method`, `content_type`, `body: task` and `after: billing` are what the first request is like; `then: queries` queries the task afterwards |
| `billing` | a `request`, its `outcome` and the `input_seconds` of its files; the `reserved_seconds`, `settled_seconds` and `billed_input_seconds` it is charged for |
| `dearer` | two requests: one that costs more (`is`) `than` the other |
| `unseen` | why no run can see it; `states` holds the contract to it: `host` of `operations`, or `valid_seconds` of a `field` of `answers`, or whether a `retry` can help after each value of it |

In a change, `{absent: true}` leaves a field out, `{repeat: x, times: n}` and `{start: x, length: n}` make long texts,
objects are merged, and all else replaces what is there.

The `file` of a form is text. Media and callbacks are on `.invalid` hosts, so that no task made from a row can succeed and cost, and nobody is called.
"""  # noqa: E501 - a row of a Markdown table is one line


def table(all_rules: Rules) -> str:
    """Return the text of the table, with how to read it."""
    parts = [HEAD]
    for source, group in groupby(all_rules.rules, key=lambda rule: rule.source):
        found = list(group)
        parts.append(f"\n## {source}\n")
        pages = sorted({rule.page for rule in found})
        edition = f" Edition: {found[0].edition}." if found[0].edition else ""
        parts.append(f"{'Pages' if len(pages) > 1 else 'Page'}: {', '.join(map(_link, pages))}.{edition}\n")
        parts.append("| id | rule | certainty |\n|---|---|---|")
        parts.extend(map(_line, found))
    return "\n".join(parts) + "\n"


def _link(page: str) -> str:
    return f"<{page}>" if page.startswith("https://") else page


def _line(rule: Rule) -> str:
    certainty = f"*{rule.certainty}*: {rule.because}" if rule.because else rule.certainty
    return f"| `{rule.id}` | {rule.says} | {certainty} |"


def main(arguments: list[str]) -> int:
    """Write the files, or say whether they are current."""
    try:
        all_rules = documented.load()
    except RuleError as error:
        print(error, file=sys.stderr)
        return 1
    texts = {README: table(all_rules), rule_index.RULES: rule_index.blame(all_rules)}
    stale = {
        path: text for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path} is stale; run 'make rules'", file=sys.stderr)
        return 1 if stale else 0
    for path, text in stale.items():
        write_whole(path, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
