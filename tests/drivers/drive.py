"""A small binding of `POST /calling/v2/outbound/individual`, and a driver for `ringg conform --driver`.

Written from docs/conformance.md, openapi.yaml and `ringg explain` alone, with the standard library alone, so that the
conformance cases are proven by an implementation that shares no code with the one they come with.

    ringg conform --driver "python3 tests/drivers/drive.py"

The first part is the binding: `read` a text, `check` a request, `send` it. The last part is the driver.
"""

import http.client
import ipaddress
import json
import re
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import zoneinfo
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

OPERATION_PATH = "/calling/v2/outbound/individual"
GREATEST_ANSWER = 1024 * 1024
GREATEST_DEPTH = 127

# ---- The binding: reading ---------------------------------------------------------------------------------------------


class Unreadable(Exception):
    """What was written could not be sent on as it was written."""


def read(text):
    try:
        body = json.loads(
            text,
            object_pairs_hook=distinct_members,
            parse_int=faithful_integer,
            parse_float=faithful_double,
            parse_constant=no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(body, dict):
        raise Unreadable("not an object")
    demand_readable(body, GREATEST_DEPTH)
    return body


def distinct_members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("a member is given twice")
    return members


def faithful_integer(text):
    # 20 characters are enough for each 64-bit integer, and Python refuses to convert very long texts.
    if len(text) > 20 or not -(2**63) <= int(text) < 2**64:
        raise Unreadable("an integer of more than 64 bits")
    return int(text)


def faithful_double(text):
    number = float(text)
    try:
        if number in (float("inf"), float("-inf")) or Decimal(text) != Decimal(repr(number)):
            raise Unreadable("a number does not survive")
    except ArithmeticError as error:
        raise Unreadable("a number does not survive") from error
    return number


def no_constant(name):
    raise Unreadable(f"{name} is not JSON")


def demand_readable(value, depth_left):
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise Unreadable("a lone surrogate")
    elif isinstance(value, (dict, list)):
        if depth_left == 0:
            raise Unreadable("nested too deeply")
        for item in value:
            demand_readable(item, depth_left - 1)
        if isinstance(value, dict):
            for item in value.values():
                demand_readable(item, depth_left - 1)


# ---- The binding: what openapi.yaml says ------------------------------------------------------------------------------

E164 = re.compile(r"\+[1-9][0-9]{1,14}")
CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class Schema:
    """`binds` is false for a free map's values, whose type is inferred and only warned about."""

    kind: str
    binds: bool = True
    pattern: re.Pattern | None = None
    pattern_level: str = "deny"
    required: tuple = ()
    members: dict = field(default_factory=dict)
    values: "Schema | None" = None


ANYTHING = Schema("anything")
TEXT = Schema("text")
FLAG = Schema("flag")
AMOUNT = Schema("amount")
TEXTS = Schema("texts")
PHONE_NUMBER = Schema("text", pattern=E164)
TIME = Schema("text", pattern=CLOCK_TIME, pattern_level="warn")
TEXT_MAP = Schema("object", values=Schema("text", binds=False))


def documented(required=(), **members):
    return Schema("object", required=required, members=members)


CALL_REQUEST = documented(
    required=("name", "mobile_number", "agent_id"),
    name=TEXT,
    mobile_number=PHONE_NUMBER,
    agent_id=TEXT,
    number_pool_id=TEXT,
    from_number_id=TEXTS,
    from_number=TEXTS,
    custom_args_values=Schema("object", values=ANYTHING),
    smart_formatter=documented(
        extract_first_name=FLAG,
        transliteration=FLAG,
        transliteration_language=documented(source=TEXT, target=TEXT),
    ),
    call_config=documented(
        idle_timeout_warning=AMOUNT,
        idle_timeout_end=AMOUNT,
        max_call_length=AMOUNT,
        call_retry_config=documented(
            retry_count=AMOUNT, retry_busy=AMOUNT, retry_not_picked=AMOUNT, retry_failed=AMOUNT
        ),
        call_time=documented(call_start_time=TIME, call_end_time=TIME, timezone=TEXT, scheduled_at=TEXT),
    ),
    voice_id=TEXT,
    version_id=TEXT,
    call_category=TEXT,
    parent_call_id=TEXT,
    callback_url=TEXT,
    callback_args=documented(headers=TEXT_MAP, params=TEXT_MAP),
)


def is_whole(value):
    whole = isinstance(value, int) and not isinstance(value, bool)
    whole = whole or isinstance(value, float) and value.is_integer()
    return whole and -(2**63) <= value < 2**63


TYPES = {
    "anything": lambda value: True,
    "text": lambda value: isinstance(value, str),
    "texts": lambda value: isinstance(value, (str, list)),
    "flag": lambda value: isinstance(value, bool),
    "amount": is_whole,
    "object": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True)
class Violation:
    rule: str
    path: tuple
    level: str

    def pointer(self):
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


def without_nulls(value, schema):
    """An optional member that is null is absent. A value of a free map, or of an unknown member, is a value."""
    if not isinstance(value, dict):
        return value
    return {
        name: without_nulls(member, schema.members.get(name, ANYTHING))
        for name, member in value.items()
        if member is not None or name not in schema.members or name in schema.required
    }


def schema_violations(value, schema, path=()):
    if not TYPES[schema.kind](value):
        yield Violation("schema/type", path, "deny" if schema.binds else "warn")
    elif schema.kind == "object":
        for name in schema.required:
            if name not in value:
                yield Violation("schema/required", (*path, name), "deny")
        for name, member in value.items():
            member_schema = schema.members.get(name) or schema.values or ANYTHING
            yield from schema_violations(member, member_schema, (*path, name))
    elif schema.kind == "texts" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from schema_violations(item, TEXT, (*path, index))
    elif schema.pattern and not schema.pattern.fullmatch(value):
        yield Violation("schema/pattern", path, schema.pattern_level)
    elif schema.kind == "amount" and value < 0:
        yield Violation("schema/minimum", path, "warn")


# ---- The binding: rules -----------------------------------------------------------------------------------------------


class Broken(Exception):
    """A rule asked for a member that the schema denied."""


class Request:
    """A body as rules see it: they cannot read what the schema denied."""

    def __init__(self, body, broken):
        self.body = body
        self.broken = broken

    def get(self, *path):
        value = self.body
        for length, step in enumerate(path, start=1):
            if path[:length] in self.broken:
                raise Broken
            if isinstance(value, list):
                value = value[step]
            else:
                value = (value or {}).get(step)
        return value

    def texts(self, *path):
        """The path and text of a member that is one text or several."""
        value = self.get(*path)
        if isinstance(value, list):
            return [((*path, index), self.get(*path, index)) for index in range(len(value))]
        return [] if value is None else [(path, value)]

    def gives_source(self, name):
        """Blank text names nothing."""
        return any([text.strip() for path, text in self.texts(name)])


RULES = {}


def rule(level):
    """Enters a function in the table under its name. It yields the path of each violation."""

    def enter(function):
        RULES[function.__name__.replace("_", "-")] = (level, function)
        return function

    return enter


POOL, NUMBER_ID, NUMBER = "number_pool_id", "from_number_id", "from_number"
SOURCES = (POOL, NUMBER_ID, NUMBER)
LANGUAGES = ("smart_formatter", "transliteration_language")
WINDOW = ("call_config", "call_time")


@rule("deny")
def caller_number_missing(request):
    if not any([request.gives_source(source) for source in SOURCES]):
        yield ()


@rule("deny")
def from_number_and_id(request):
    if request.gives_source(NUMBER_ID) and request.gives_source(NUMBER):
        yield (NUMBER,)


@rule("deny")
def pool_with_from_number(request):
    if request.gives_source(POOL) and any([request.gives_source(NUMBER_ID), request.gives_source(NUMBER)]):
        yield (POOL,)


@rule("deny")
def callback_header_unsafe(request):
    for name, value in (request.get("callback_args", "headers") or {}).items():
        name_is_token = re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        value_is_unsafe = isinstance(value, str) and re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value)
        if not name_is_token or value_is_unsafe:
            yield "callback_args", "headers", name


@rule("warn")
def not_a_uuid(request):
    for member in ("agent_id", "version_id", "parent_call_id"):
        for path, text in request.texts(member):
            if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
                yield path


@rule("warn")
def blank_name(request):
    if not request.get("name").strip():
        yield ("name",)


@rule("warn")
def blank_caller_number(request):
    for source in SOURCES:
        for path, text in request.texts(source):
            if not text.strip():
                yield path


@rule("warn")
def caller_number_not_e164(request):
    for path, text in request.texts(NUMBER):
        if text.strip() and not E164.fullmatch(text):
            yield path


@rule("warn")
def calls_itself(request):
    called = digits(request.get("mobile_number"))
    for path, text in request.texts(NUMBER):
        if digits(text) == called:
            yield path


@rule("warn")
def duplicate_caller_number(request):
    for source in (NUMBER_ID, NUMBER):
        seen = set()
        for path, text in request.texts(source):
            # However it is written, a number is its digits; an id is its text, and so is what holds no digit.
            identity = digits(text) or text if source == NUMBER else text
            if identity in seen:
                yield path
            seen.add(identity)


@rule("warn")
def number_in_id_field(request):
    for source in (POOL, NUMBER_ID):
        for path, text in request.texts(source):
            if re.fullmatch(r"\+?[0-9 ().-]+", text) and 7 <= len(digits(text)) <= 15:
                yield path


def digits(text):
    return re.sub(r"[^0-9]", "", text)


def window_bounds(request):
    bounds = [request.get(*WINDOW, name) for name in ("call_start_time", "call_end_time")]
    if all(bound and CLOCK_TIME.fullmatch(bound) for bound in bounds):
        return bounds
    raise Broken


@rule("warn")
def window_empty(request):
    start, end = window_bounds(request)
    if start == end:
        yield *WINDOW, "call_end_time"


@rule("allow")
def window_crosses_midnight(request):
    start, end = window_bounds(request)
    if end < start:
        yield *WINDOW, "call_end_time"


@rule("warn")
def unknown_timezone(request):
    for path, name in request.texts(*WINDOW, "timezone"):
        if name not in TIME_ZONES:
            yield path


@rule("warn")
def idle_end_not_after_warning(request):
    warning = request.get("call_config", "idle_timeout_warning")
    end = request.get("call_config", "idle_timeout_end")
    if warning is not None and end is not None and end < warning:
        yield "call_config", "idle_timeout_end"


@rule("warn")
def idle_end_beyond_call_length(request):
    end = request.get("call_config", "idle_timeout_end")
    length = request.get("call_config", "max_call_length")
    if end is not None and length is not None and end > length:
        yield "call_config", "idle_timeout_end"


@rule("warn")
def transliteration_language_unused(request):
    if request.get(*LANGUAGES) is not None and not request.get("smart_formatter", "transliteration"):
        yield LANGUAGES


@rule("warn")
def transliteration_same_language(request):
    source, target = request.get(*LANGUAGES, "source"), request.get(*LANGUAGES, "target")
    if source is not None and target is not None and source.lower() == target.lower():
        yield *LANGUAGES, "target"


LANGUAGE_TAG = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[a-wy-z0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)


@rule("warn")
def language_code_malformed(request):
    for member in ("source", "target"):
        for path, text in request.texts(*LANGUAGES, member):
            if not LANGUAGE_TAG.fullmatch(text):
                yield path


@rule("warn")
def reserved_argument(request):
    arguments = request.get("custom_args_values") or {}
    formatter_is_on = any([request.get("smart_formatter", step) for step in ("extract_first_name", "transliteration")])
    if formatter_is_on and "original_callee_name" in arguments:
        yield "custom_args_values", "original_callee_name"


@rule("warn")
def argument_not_referencable(request):
    for key in request.get("custom_args_values") or {}:
        if not key or re.search(r"[\s@{}]", key):
            yield "custom_args_values", key


@rule("warn")
def argument_not_scalar(request):
    for key, value in (request.get("custom_args_values") or {}).items():
        if not isinstance(value, (str, int, float)):
            yield "custom_args_values", key


@rule("warn")
def argument_contradicts_number(request):
    argument = (request.get("custom_args_values") or {}).get("mobile_number")
    if isinstance(argument, (str, int)) and not isinstance(argument, bool):
        if digits(str(argument)) != digits(request.get("mobile_number")):
            yield "custom_args_values", "mobile_number"


@rule("warn")
def callback_args_without_url(request):
    if request.get("callback_args") is not None and request.get("callback_url") is None:
        yield ("callback_args",)


@dataclass(frozen=True)
class Url:
    scheme: str
    credentials: bool
    host: str


def parsed_url(text):
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\\]*)", text)
    if not match or re.search(r"[\s\x00-\x1f\x7f]", text):
        return None
    user, at_sign, address = match[2].rpartition("@")
    host = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(:[0-9]*)?", address)
    return Url(match[1].lower(), bool(at_sign), host[1].lower().rstrip(".")) if host else None


@rule("warn")
def callback_not_https(request):
    for path, text in request.texts("callback_url"):
        url = parsed_url(text)
        if not url or url.scheme != "https":
            yield path


TRANSLATED_ADDRESSES = ipaddress.ip_network("64:ff9b::/96")
RESERVED_NAMES = ("localhost", "local", "internal", "test", "invalid", "example", "home.arpa")


def host_address(host):
    try:
        if host.startswith("["):
            address = ipaddress.IPv6Address(host.strip("[]"))
            if address in TRANSLATED_ADDRESSES:
                return ipaddress.IPv4Address(address.packed[-4:])
            return address.ipv4_mapped or address
        # Unlike ipaddress, this knows `127.1` and `0x7f000001`, as resolvers do.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (ValueError, OSError):
        return None


@rule("warn")
def callback_unreachable(request):
    for path, text in request.texts("callback_url"):
        url = parsed_url(text)
        address = url and host_address(url.host)
        if address:
            unreachable = address.is_multicast or not address.is_global
        else:
            unreachable = url and any(("." + url.host).endswith("." + name) for name in RESERVED_NAMES)
        if unreachable:
            yield path


@rule("warn")
def callback_credentials_in_url(request):
    for path, text in request.texts("callback_url"):
        url = parsed_url(text)
        if url and url.credentials:
            yield path


@rule("warn")
def unknown_member(request):
    def unknown(value, schema, path):
        for name, member in value.items():
            if name in schema.members:
                if isinstance(member, dict):
                    yield from unknown(member, schema.members[name], (*path, name))
            elif schema.members:
                yield *path, name

    yield from unknown(request.body, CALL_REQUEST, ())


TIME_ZONES = zoneinfo.available_timezones()
if not TIME_ZONES:
    del RULES["unknown-timezone"]  # this machine has no time zones to compare with

# ---- The binding: checking --------------------------------------------------------------------------------------------


def check(body, levels):
    """Every violation that is not allowed, at the level that holds for it."""
    from_schema = list(schema_violations(body, CALL_REQUEST))
    broken = {violation.path for violation in from_schema if violation.level == "deny"}
    found = from_schema + rule_violations(Request(body, broken))
    levelled = [Violation(each.rule, each.path, level_of(each, levels)) for each in found]
    return [violation for violation in levelled if violation.level != "allow"]


def rule_violations(request):
    violations = []
    for name, (level, function) in RULES.items():
        try:
            violations.extend([Violation(name, path, level) for path in function(request)])
        except Broken:
            continue
    return violations


def level_of(violation, levels):
    if violation.rule.startswith("schema/") and violation.level == "deny":
        return "deny"
    group = levels.get("warnings", "warn") if violation.level == "warn" else violation.level
    return levels.get(violation.rule, group)


# ---- The binding: sending ---------------------------------------------------------------------------------------------


def send(body, base_url, api_key, timeout):
    """Sends once, and says what is known: the outcome, and the id of a placed call."""
    deadline = time.monotonic() + timeout
    url = urllib.parse.urlsplit(base_url)
    try:
        connection = connected(url, timeout)
    except (OSError, ValueError):
        return "not-sent", None
    # A time-out of the socket begins anew with each byte that arrives; the call's does not.
    timer = threading.Timer(max(deadline - time.monotonic(), 0), hang_up, [connection.sock])
    timer.start()
    try:
        return outcome_of(*exchange(connection, url.path.rstrip("/") + OPERATION_PATH, api_key, body))
    except (OSError, http.client.HTTPException):
        return "unknown", None
    finally:
        timer.cancel()
        connection.close()


def connected(url, timeout):
    if url.scheme == "https":
        connection = http.client.HTTPSConnection(url.netloc, timeout=timeout, context=ssl.create_default_context())
    elif url.scheme == "http" and url.hostname in ("127.0.0.1", "::1", "localhost"):
        connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
    else:
        raise ValueError("a key is sent over https only, but for this machine")
    connection.connect()
    return connection


def hang_up(open_socket):
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def exchange(connection, path, api_key, body):
    text = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    connection.putrequest("POST", path, skip_accept_encoding=True)
    connection.putheader("content-type", "application/json")
    connection.putheader("accept", "application/json")
    connection.putheader("x-api-key", api_key)
    connection.putheader("user-agent", "ringg-drive.py")
    connection.putheader("content-length", str(len(text)))
    connection.endheaders(text)
    response = connection.getresponse()
    try:
        return response.status, response.read(GREATEST_ANSWER + 1)
    except http.client.IncompleteRead as error:
        return response.status, error.partial
    except (OSError, http.client.HTTPException):
        return response.status, b""


def outcome_of(status, answer):
    if 400 <= status < 500 and status != 408:
        return "refused", None
    call_id = call_id_in(answer) if 200 <= status < 300 else None
    return ("placed", call_id) if call_id else ("unknown", None)


def call_id_in(answer):
    if len(answer) > GREATEST_ANSWER:
        return None
    try:
        call_id = json.loads(answer.decode())["data"]["call_id"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
    return call_id if isinstance(call_id, str) and call_id.strip() else None


# ---- The driver -------------------------------------------------------------------------------------------------------

PROTOCOL = 1
SCHEMA_RULES = ["schema/required", "schema/type", "schema/pattern", "schema/minimum"]


def run_case(case):
    try:
        body = without_nulls(read(case["body"]), CALL_REQUEST)
    except Unreadable:
        return {"case": case["case"], "verdict": "unreadable", "violations": []}
    violations = check(body, case["levels"])
    denied = any(violation.level == "deny" for violation in violations)
    answer = {
        "case": case["case"],
        "verdict": "denied" if denied else "accepted",
        "violations": [{"rule": violation.rule, "pointer": violation.pointer()} for violation in violations],
    }
    if not denied:
        answer["outcome"], call_id = outcome(body, case)
        if call_id:
            answer["call_id"] = call_id
    return answer


def outcome(body, case):
    if case["api_key"] is None:
        return "not-sent", None
    return send(body, case["base_url"], case["api_key"], case["timeout_milliseconds"] / 1000)


def answer_line(line):
    question = json.loads(line)
    if question["protocol"] != PROTOCOL:
        raise ValueError("the protocol is of another version")
    if question.get("describe"):
        return {"protocol": PROTOCOL, "rules": SCHEMA_RULES + list(RULES)}
    return run_case(question)


def main():
    for line in sys.stdin.buffer:
        try:
            answer = answer_line(line)
        except (ValueError, LookupError, TypeError, AttributeError):
            # Nothing of the line is shown: it may hold a number, a name or the key.
            sys.exit(f"drive.py: a line that is none of version {PROTOCOL} of the driver protocol")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
