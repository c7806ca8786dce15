"""A reviewed list of mutants that do the same as the mock in every run that judges them, with a reason for each.

They accept exactly the requests that the contract accepts. Mutants whose own constraint shows this are not listed; see
`RequestMutant.inert`.
"""

from __future__ import annotations

OTHER_TYPES = ("array", "boolean", "integer", "null", "number", "object")
NOT_TEXT = "a value that is not text matches every pattern, so `not` refuses it"
HOST_ONLY = "a URI contains `[` in its host only, right after its first `//` or the user information"
IPV6 = "it refuses IPv6 hosts only, and `not` refuses all of those already"

EQUIVALENT = {
    "CallbackUrl.type lifted": NOT_TEXT,
    **{f"CallbackUrl.type loosened by {other}": NOT_TEXT for other in OTHER_TYPES},
    r"CallbackUrl.not.anyOf.6.pattern tightened to [^/?#]*//([^/?#]*@)?\[": HOST_ONLY,
    "CallbackUrl.pattern tightened to "
    r"^[hH][tT][tT][pP][sS]://([^/?#]*@)?([^/?#@:\[]+)(:[0-9]*)?([/?#]|$)": IPV6,
    "CallbackUrl.pattern tightened to "
    r"^[hH][tT][tT][pP][sS]://([^/?#]*@)?([^/?#@:\[]+|\[[0-9a-fA-F.]+\])(:[0-9]*)?([/?#]|$)": IPV6,
    "CallbackUrl.pattern tightened to "
    r"^[hH][tT][tT][pP][sS]://([^/?#]*@)?([^/?#@:\[]+|\[[0-9a-fA-F:]+\])(:[0-9]*)?([/?#]|$)": IPV6,
}
"""Why each mutant, by its name, is equivalent. Listed mutants are judged too, and none may break a rule."""
