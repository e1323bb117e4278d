"""A small binding of `POST /calling/v2/outbound/individual`, and a driver for `ringg conform --driver`.

Written from docs/conformance.md, openapi.yaml, README.md and `ringg explain`, with the standard library alone. It
shares no code with the binding that the conformance cases come with, and so shows that the text is enough to meet them.

    ringg conform --driver "python3 tests/drivers/drive.py"

First the binding, which reads, checks and sends a request; then the driver, which speaks for it.
"""

import http.client
import ipaddress
import json
import re
import socket
import sys
import threading
import time
import urllib.parse
import zoneinfo
from decimal import Decimal
from typing import NamedTuple

OPERATION_PATH = "/calling/v2/outbound/individual"
GREATEST_ANSWER = 1024 * 1024
GREATEST_SIZE = 8 * 1024 * 1024
GREATEST_DEPTH = 127

# ==== The binding: reading ====


class Unreadable(Exception):
    """The request could not be sent on as it was written."""


def read(text):
    if len(text.encode("utf-8", "surrogatepass")) > GREATEST_SIZE:
        raise Unreadable("larger than 8 MiB")
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
        survives = Decimal(text) == Decimal(repr(number))
    except ArithmeticError:
        survives = False
    if not survives:
        raise Unreadable("a number that a double does not hold")
    return number


def no_constant(name):
    raise Unreadable(f"{name} is not JSON")


def demand_readable(value, depth_left):
    if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
        raise Unreadable("a lone surrogate")
    if isinstance(value, (dict, list)):
        if depth_left == 0:
            raise Unreadable("nested too deeply")
        for item in [*value, *value.values()] if isinstance(value, dict) else value:
            demand_readable(item, depth_left - 1)


# ==== The binding: what openapi.yaml says ====

E164 = re.compile(r"\+[1-9][0-9]{1,14}")
CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Schema(NamedTuple):
    """`level` is that of a broken value: what is inferred only warns."""

    kind: str
    level: str = "deny"
    pattern: re.Pattern | None = None
    required: tuple = ()
    members: dict = {}
    values: "Schema | None" = None


ANYTHING, TEXT, TEXTS, FLAG, AMOUNT = (Schema(kind) for kind in ("anything", "text", "texts", "flag", "amount"))
TIME = Schema("text", pattern=CLOCK_TIME)
TEXT_MAP = Schema("object", values=Schema("text", level="warn"))


def members(required=(), **schemas):
    return Schema("object", required=required, members=schemas)


CALL_REQUEST = members(
    required=("name", "mobile_number", "agent_id"),
    name=TEXT,
    mobile_number=Schema("text", pattern=E164),
    agent_id=TEXT,
    number_pool_id=TEXT,
    from_number_id=TEXTS,
    from_number=TEXTS,
    custom_args_values=Schema("object", values=ANYTHING),
    smart_formatter=members(
        extract_first_name=FLAG,
        transliteration=FLAG,
        transliteration_language=members(source=TEXT, target=TEXT),
    ),
    call_config=members(
        idle_timeout_warning=AMOUNT,
        idle_timeout_end=AMOUNT,
        max_call_length=AMOUNT,
        call_retry_config=members(retry_count=AMOUNT, retry_busy=AMOUNT, retry_not_picked=AMOUNT, retry_failed=AMOUNT),
        call_time=members(call_start_time=TIME, call_end_time=TIME, timezone=TEXT, scheduled_at=TEXT),
    ),
    voice_id=TEXT,
    version_id=TEXT,
    call_category=TEXT,
    parent_call_id=TEXT,
    callback_url=TEXT,
    callback_args=members(headers=TEXT_MAP, params=TEXT_MAP),
)


def is_whole(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and value == value // 1 and -(2**63) <= value < 2**63


TYPES = {
    "anything": lambda value: True,
    "text": lambda value: isinstance(value, str),
    "texts": lambda value: isinstance(value, (str, list)),
    "flag": lambda value: isinstance(value, bool),
    "amount": is_whole,
    "object": lambda value: isinstance(value, dict),
}


class Violation(NamedTuple):
    rule: str
    path: tuple
    level: str

    def pointer(self):
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


def without_nulls(value, schema):
    """An optional member that is null is absent; in a free map, or an unknown member, null is a value."""
    if not isinstance(value, dict):
        return value
    return {
        name: without_nulls(member, schema.members.get(name, ANYTHING))
        for name, member in value.items()
        if member is not None or name not in schema.members or name in schema.required
    }


def schema_violations(value, schema, path=()):
    if not TYPES[schema.kind](value):
        yield Violation("schema/type", path, schema.level)
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
        yield Violation("schema/pattern", path, "warn" if schema is TIME else "deny")
    elif schema is AMOUNT and value < 0:
        yield Violation("schema/minimum", path, "warn")


# ==== The binding: rules ====


class Broken(Exception):
    """A rule asked for what the schema denied, so it has nothing to judge."""


class Request:
    """A body as the rules see it."""

    def __init__(self, body, broken):
        self.body = body
        self.broken = broken

    def get(self, *path):
        """What stands at the path, None where nothing does."""
        value = self.body
        for length, step in enumerate(path, start=1):
            if path[:length] in self.broken:
                raise Broken
            value = value[step] if isinstance(value, list) else (value or {}).get(step)
        return value

    def demand_whole(self, *path):
        """For a rule that reads an object: what the schema denied within it leaves nothing to judge either."""
        if any(broken[: len(path)] == path for broken in self.broken):
            raise Broken

    def texts(self, *path):
        """Path and text of a member that is one text, or several, or absent."""
        value = self.get(*path)
        if isinstance(value, list):
            return [((*path, index), self.get(*path, index)) for index in range(len(value))]
        return [] if value is None else [(path, value)]

    def gives(self, source):
        return any([not is_blank(text) for _, text in self.texts(source)])

    def arguments(self):
        return self.get("custom_args_values") or {}


RULES = {}


def rule(level):
    """Enters a function in the table under its name. It yields the path of each violation of the rule."""

    def enter(function):
        RULES[function.__name__.replace("_", "-")] = (level, function)
        return function

    return enter


def text_rule(level, *paths):
    """The same for a function that says of a single text whether it breaks the rule."""

    def enter(breaks):
        def violations(request):
            return [place for path in paths for place, text in request.texts(*path) if breaks(text)]

        RULES[breaks.__name__.replace("_", "-")] = (level, violations)
        return breaks

    return enter


POOL, NUMBER_ID, NUMBER = ("number_pool_id",), ("from_number_id",), ("from_number",)
LANGUAGES = ("smart_formatter", "transliteration_language")
WINDOW = ("call_config", "call_time")
IDLE_END = ("call_config", "idle_timeout_end")
CALLBACK_URL = ("callback_url",)


def is_blank(text):
    # Python strips four control characters that Unicode does not call white space.
    return not text.strip() and not re.search(r"[\x1c-\x1f]", text)


def digits(text):
    return re.sub(r"[^0-9]", "", text)


@rule("deny")
def caller_number_missing(request):
    if not any([request.gives(*POOL), request.gives(*NUMBER_ID), request.gives(*NUMBER)]):
        yield ()


@rule("deny")
def from_number_and_id(request):
    if all([request.gives(*NUMBER_ID), request.gives(*NUMBER)]):
        yield NUMBER


@rule("deny")
def pool_with_from_number(request):
    if request.gives(*POOL) and any([request.gives(*NUMBER_ID), request.gives(*NUMBER)]):
        yield POOL


@rule("deny")
def callback_header_unsafe(request):
    for name, value in (request.get("callback_args", "headers") or {}).items():
        is_token = re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name)
        if not is_token or isinstance(value, str) and re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", value):
            yield "callback_args", "headers", name


@text_rule("warn", ("agent_id",), ("version_id",), ("parent_call_id",))
def not_a_uuid(text):
    return not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text)


@text_rule("warn", ("name",))
def blank_name(text):
    return is_blank(text)


@text_rule("warn", POOL, NUMBER_ID, NUMBER)
def blank_caller_number(text):
    return is_blank(text)


@text_rule("warn", NUMBER)
def caller_number_not_e164(text):
    return not is_blank(text) and not E164.fullmatch(text)


@rule("warn")
def calls_itself(request):
    called = digits(request.get("mobile_number"))
    for path, text in request.texts(*NUMBER):
        if digits(text) == called:
            yield path


@rule("warn")
def duplicate_caller_number(request):
    for source in (NUMBER_ID, NUMBER):
        seen = set()
        for path, text in request.texts(*source):
            # However it is written, a number is its digits.
            identity = digits(text) or text if source == NUMBER else text
            if identity in seen and not is_blank(text):
                yield path
            seen.add(identity)


@text_rule("warn", NUMBER_ID, POOL)
def number_in_id_field(text):
    return re.fullmatch(r"[0-9 ()./+-]+", text) and 7 <= len(digits(text)) <= 15


def window_bounds(request):
    bounds = [request.get(*WINDOW, name) for name in ("call_start_time", "call_end_time")]
    return bounds if all(bound and CLOCK_TIME.fullmatch(bound) for bound in bounds) else None


@rule("warn")
def window_empty(request):
    bounds = window_bounds(request)
    if bounds and bounds[0] == bounds[1]:
        yield *WINDOW, "call_end_time"


@rule("allow")
def window_crosses_midnight(request):
    bounds = window_bounds(request)
    if bounds and bounds[0] > bounds[1]:
        yield *WINDOW, "call_end_time"


# `localtime` is a file of some machines, not a name of the database.
TIME_ZONES = zoneinfo.available_timezones() - {"localtime"}

if TIME_ZONES:  # a machine without the database cannot judge

    @text_rule("warn", (*WINDOW, "timezone"))
    def unknown_timezone(text):
        return text not in TIME_ZONES


@rule("warn")
def idle_end_not_after_warning(request):
    warning, end = request.get("call_config", "idle_timeout_warning"), request.get(*IDLE_END)
    if warning is not None and end is not None and end < warning:
        yield IDLE_END


@rule("warn")
def idle_end_beyond_call_length(request):
    end, length = request.get(*IDLE_END), request.get("call_config", "max_call_length")
    if end is not None and length is not None and end > length:
        yield IDLE_END


@rule("warn")
def transliteration_language_unused(request):
    request.demand_whole("smart_formatter")
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


@text_rule("warn", (*LANGUAGES, "source"), (*LANGUAGES, "target"))
def language_code_malformed(text):
    return not LANGUAGE_TAG.fullmatch(text)


@rule("warn")
def reserved_argument(request):
    switches = [request.get("smart_formatter", name) for name in ("extract_first_name", "transliteration")]
    if any(switches) and "original_callee_name" in request.arguments():
        yield "custom_args_values", "original_callee_name"


@rule("warn")
def argument_not_referencable(request):
    for key in request.arguments():
        if not key or re.search(r"[\s@{}\x00-\x1f\x7f-\x9f]", key):
            yield "custom_args_values", key


@rule("warn")
def argument_not_scalar(request):
    for key, value in request.arguments().items():
        if not isinstance(value, (str, int, float)):
            yield "custom_args_values", key


@rule("warn")
def argument_contradicts_number(request):
    if "mobile_number" in request.arguments():
        argument = request.arguments()["mobile_number"]
        text = str(int(argument)) if is_whole(argument) else argument
        if not isinstance(text, str) or digits(text) != digits(request.get("mobile_number")):
            yield "custom_args_values", "mobile_number"


@rule("warn")
def callback_args_without_url(request):
    if request.get("callback_args") is not None and request.get(*CALLBACK_URL) is None:
        yield ("callback_args",)


class Url(NamedTuple):
    scheme: str
    credentials: str
    host: str
    address: ipaddress.IPv4Address | ipaddress.IPv6Address | None


URL = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:([^/?#]*)@)?(\[[0-9a-f:.]+\]|[^/?#@:\[\]<>^|]+)(?::([0-9]{0,5}))?(?:[/?#].*)?",
    re.IGNORECASE,
)


def parsed_url(text):
    """The parts of an absolute URL with a host, None where the text is none."""
    match = URL.fullmatch(text)
    if not match or re.search(r"[\s\\\x00-\x1f\x7f]", text) or int(match[4] or 0) > 65535:
        return None
    host = match[3].lower().removesuffix(".")
    address = host_address(host)
    if not address and re.search(r"\]$|(^|\.)[0-9]+$", host):
        return None
    return Url(match[1].lower(), (match[2] or "").strip(":"), host, address)


TRANSLATED_ADDRESSES = ipaddress.ip_network("64:ff9b::/96")
COMPATIBLE_ADDRESSES = ipaddress.ip_network("::/96")


def host_address(host):
    try:
        if not host.startswith("["):
            # Unlike ipaddress, this knows `127.1` and `0x7f000001`, as resolvers do.
            return ipaddress.IPv4Address(socket.inet_aton(host))
        address = ipaddress.IPv6Address(host[1:-1])
    except (ValueError, OSError):
        return None
    is_compatible = address in COMPATIBLE_ADDRESSES and int(address) > 0xFFFF  # not `::` or `::1`
    if address in TRANSLATED_ADDRESSES or is_compatible:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address


@text_rule("warn", CALLBACK_URL)
def callback_not_https(text):
    url = parsed_url(text)
    return not url or url.scheme != "https"


RESERVED_NAMES = r"(^|\.)(localhost|local|internal|test|invalid|example|onion|arpa|lan|home|corp)"


@text_rule("warn", CALLBACK_URL)
def callback_unreachable(text):
    url = parsed_url(text)
    if url and url.address:
        return url.address.is_multicast or not url.address.is_global
    return url and ("." not in url.host or re.search(RESERVED_NAMES + "$", url.host))


@text_rule("warn", CALLBACK_URL)
def callback_credentials_in_url(text):
    url = parsed_url(text)
    return url and url.credentials


@rule("warn")
def unknown_member(request):
    return unknown_members(request.body, CALL_REQUEST, ())


def unknown_members(value, schema, path):
    for name, member in value.items():
        if schema.members and name not in schema.members:
            yield *path, name
        elif schema.members and isinstance(member, dict):
            yield from unknown_members(member, schema.members[name], (*path, name))


# ==== The binding: checking ====


def check(body, levels):
    """Every violation that is not allowed, with the level that holds for it."""
    found = list(schema_violations(body, CALL_REQUEST))
    broken = {violation.path for violation in found if violation.level == "deny"}
    for name in RULES:
        found += rule_violations(name, Request(body, broken))
    levelled = [violation._replace(level=level_of(violation, levels)) for violation in found]
    return [violation for violation in levelled if violation.level != "allow"]


def rule_violations(name, request):
    level, function = RULES[name]
    try:
        return [Violation(name, path, level) for path in function(request)]
    except Broken:
        return []


def level_of(violation, levels):
    if violation.rule.startswith("schema/") and violation.level == "deny":
        return "deny"
    group = levels.get("warnings", "warn") if violation.level == "warn" else violation.level
    return levels.get(violation.rule, group)


# ==== The binding: sending ====


def send(body, base_url, api_key, timeout):
    """Sends once, and says what is known: the outcome, and the id of a placed call."""
    deadline = time.monotonic() + timeout
    text = json.dumps(body).encode()
    try:
        connection = prepared(urllib.parse.urlsplit(base_url), api_key, len(text), timeout)
    except (OSError, ValueError, http.client.HTTPException):
        return "not-sent", None
    # A socket's time-out begins anew with each byte; this one does not.
    timer = threading.Timer(deadline - time.monotonic(), hang_up, [connection.sock])
    timer.start()
    try:
        return outcome_of(*exchanged(connection, text))
    except (OSError, ValueError, http.client.HTTPException):
        return "unknown", None
    finally:
        timer.cancel()
        connection.close()


def prepared(url, api_key, length, timeout):
    """A connection that holds the head of the request and has sent nothing of it."""
    if url.scheme != "https" and url.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise ValueError("a key is sent over https only, but for this machine")
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=timeout)
    connection.putrequest("POST", url.path.rstrip("/") + OPERATION_PATH, skip_accept_encoding=True)
    connection.putheader("content-type", "application/json")
    connection.putheader("accept", "application/json")
    connection.putheader("x-api-key", api_key)
    connection.putheader("user-agent", "ringg-conformance-driver")
    connection.putheader("content-length", str(length))
    connection.connect()
    return connection


def hang_up(open_socket):
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is closed already


def exchanged(connection, text):
    connection.endheaders(text)
    response = connection.getresponse()
    answer = b""
    try:
        while len(answer) <= GREATEST_ANSWER and (piece := response.read1(GREATEST_ANSWER)):
            answer += piece
    except (OSError, ValueError, http.client.HTTPException):
        pass  # what arrived before the connection broke may hold the call id
    return response.status, answer


def outcome_of(status, answer):
    if 400 <= status < 500 and status != 408:
        return "refused", None
    call_id = call_id_in(answer) if 200 <= status < 300 and len(answer) <= GREATEST_ANSWER else None
    return ("placed", call_id) if call_id else ("unknown", None)


def call_id_in(answer):
    try:
        call_id = json.loads(answer.decode())["data"]["call_id"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return None
    return call_id if isinstance(call_id, str) and not is_blank(call_id) else None


# ==== The driver ====

PROTOCOL = 1
SCHEMA_RULES = ["schema/required", "schema/type", "schema/pattern", "schema/minimum"]


def answer_to(question):
    if question["protocol"] != PROTOCOL:
        raise ValueError("another version of the protocol")
    if question.get("describe"):
        return {"protocol": PROTOCOL, "rules": SCHEMA_RULES + list(RULES)}
    return {"case": question["case"], **tried(question)}


def tried(case):
    try:
        body = without_nulls(read(case["body"]), CALL_REQUEST)
    except Unreadable:
        return {"verdict": "unreadable", "violations": []}
    violations = check(body, case["levels"])
    reported = [{"rule": violation.rule, "pointer": violation.pointer()} for violation in violations]
    if any(violation.level == "deny" for violation in violations):
        return {"verdict": "denied", "violations": reported}
    outcome, call_id = "not-sent", None
    if case["api_key"] is not None:
        outcome, call_id = send(body, case["base_url"], case["api_key"], case["timeout_milliseconds"] / 1000)
    placed = {"call_id": call_id} if call_id else {}
    return {"verdict": "accepted", "violations": reported, "outcome": outcome, **placed}


def main():
    for line in sys.stdin.buffer:
        try:
            answer = answer_to(json.loads(line))
        except (ValueError, LookupError, TypeError, AttributeError):
            # Nothing of the line is shown: it may hold a number, a name or the key.
            sys.exit(f"drive.py: a line that is none of the driver protocol, version {PROTOCOL}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
