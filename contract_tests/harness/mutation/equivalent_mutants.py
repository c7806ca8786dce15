"""A reviewed list of mutants that nothing can tell from the mock, with a reason for each.

They accept exactly the requests that the contract accepts, or change responses of models of which no task is created.
Mutants whose own constraint shows this are not listed; see `RequestMutant.inert`.
"""

from __future__ import annotations

OTHER_TYPES = ("array", "boolean", "integer", "null", "number", "object")
OTHER_TYPE = ("of another type", "is null")
NOT_TEXT = "a value that is not text matches every pattern, so `not` refuses it"
HOST_ONLY = "a URI contains `[` in its host only, right after its first `//` or the user information"
OTHER_MODELS = "it changes responses of models that no run creates tasks of when a mutant is judged"
IPV6 = "it refuses IPv6 hosts only, and `not` refuses all of those already"

EQUIVALENT = {
    **{f"ResultData.{part} {change}": OTHER_MODELS for part in ("type", "element_id.type") for change in OTHER_TYPE},
    "CreatedTask.allOf.2.then.status.enum is not listed": OTHER_MODELS,
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
