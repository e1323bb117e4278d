"""What `openapi.yaml` cannot state, said to schemathesis.

Its own check, that a request valid by the schema is accepted, is replaced by one that knows what else the stand-in refuses:
the two rules on number sources for which the documentation says that the server refuses (`caller-number-missing`,
`from-number-and-id`), and integers beyond 64 bits, which cannot be sent on as they were written. The check cuts both ways: a
request that breaks none of these must be accepted, and one that does must be refused for that reason.
"""

import schemathesis


def gives(value):
    """Whether a source names a number: null, an empty list and blank text do not."""
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and one.strip() for one in values)


def holds_wide_integer(value):
    if isinstance(value, (dict, list)):
        return any(map(holds_wide_integer, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int) and not -(2**63) <= value < 2**64


def reason_to_refuse(body):
    if holds_wide_integer(body):
        return "more digits than can be kept"
    pool, ids, numbers = (gives(body.get(name)) for name in ("number_pool_id", "from_number_id", "from_number"))
    if ids and numbers:
        return "[from-number-and-id]"
    return None if pool or ids or numbers else "[caller-number-missing]"


@schemathesis.hook
def map_body(ctx, body):
    """Gives most requests that have no number source one: they would all be refused for the same reason."""
    if isinstance(body, dict) and reason_to_refuse(body) == "[caller-number-missing]" and len(str(body.get("name"))) % 4:
        if not body.get("number_pool_id") or isinstance(body["number_pool_id"], str):
            body["number_pool_id"] = "pool-uuid-here"
    return body


@schemathesis.check
def valid_requests_are_accepted_or_refused_for_cause(ctx, response, case):
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code in (401, 405):
        return
    reason = reason_to_refuse(case.body)
    if reason is None:
        assert response.status_code != 400, f"a valid request is refused: {response.text}"
    else:
        assert response.status_code == 400 and reason in response.text, f"{reason}: {response.status_code}"
