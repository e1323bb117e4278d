// A small but complete binding of POST /calling/v2/outbound/individual for Node 20 without packages, and a driver
// that lets `ringg conform --driver "node tests/drivers/drive.mjs"` try it (docs/conformance.md, protocol version 1).
//
// It is written from openapi.yaml, README.md, docs/ and `ringg explain`, and shares no code with the Rust binding:
// where both agree on a case, the case is about the endpoint and not about one implementation.

import http from "node:http";
import https from "node:https";
import { BlockList, isIP } from "node:net";

// ---------------------------------------------------------------------------------------------------------------------
// The binding: reading. JSON.parse keeps the last of two members and rounds numbers, so it cannot tell what is sent.

const GREATEST_SIZE = 8 * 1024 * 1024;
const DEEPEST_NESTING = 127;

class Unreadable extends Error {}

/** A number as it is written; `integer` is its value where that is whole, null otherwise. */
class JsonNumber {
  constructor(text) {
    const { digits, exponent } = decimal(text);
    this.text = text;
    this.integer = exponent < 0 ? null : BigInt(`${text.startsWith("-") ? "-" : ""}${digits}${"0".repeat(exponent)}`);
  }
}

/** The digits without zeros at either end, and the power of ten of the last; equal for equal absolute values. */
function decimal(text) {
  const [, whole, fraction = "", power = "0"] = /^-?([0-9]+)(?:\.([0-9]+))?(?:[eE](.+))?$/.exec(text);
  const digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return { digits: "0", exponent: 0 };
  return { digits: trimmed, exponent: Number(power) - fraction.length + digits.length - trimmed.length };
}

/** Whether a 64-bit integer, or a double where it is written as one, holds the number without a change. */
function survives(text) {
  if (/^-?[0-9]+$/.test(text)) {
    const value = BigInt(text);
    return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value;
  }
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  const [written, kept] = [decimal(text), decimal(String(value))];
  return written.digits === kept.digits && written.exponent === kept.exponent;
}

/** Objects become Maps, so that no member's name is special; numbers become JsonNumbers. */
class JsonReader {
  constructor(text) {
    this.text = text;
    this.position = 0;
  }

  document() {
    const value = this.value(0);
    this.match(/[ \t\n\r]*/y);
    if (this.position !== this.text.length) throw new Unreadable("text after the value");
    return value;
  }

  match(pattern) {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text);
    if (found) this.position = pattern.lastIndex;
    return found?.[0];
  }

  /** The next of these characters, with the white space before it, if it is one of them. */
  take(characters) {
    this.match(/[ \t\n\r]*/y);
    const next = this.text.charAt(this.position);
    if (next === "" || !characters.includes(next)) return undefined;
    this.position += 1;
    return next;
  }

  demand(characters) {
    return this.take(characters) ?? this.fail();
  }

  fail() {
    throw new Unreadable("not JSON");
  }

  value(depth) {
    const opening = this.take("{[");
    if (opening && depth === DEEPEST_NESTING) throw new Unreadable("nested too deeply");
    if (opening) return opening === "{" ? this.object(depth + 1) : this.array(depth + 1);
    if (this.text.charAt(this.position) === '"') return this.string();
    const word = this.match(/true|false|null/y);
    if (word !== undefined) return JSON.parse(word);
    return this.number();
  }

  object(depth) {
    const members = new Map();
    if (this.take("}")) return members;
    do {
      this.match(/[ \t\n\r]*/y);
      const name = this.string();
      if (members.has(name)) throw new Unreadable("a member is given twice");
      this.demand(":");
      members.set(name, this.value(depth));
    } while (this.demand(",}") === ",");
    return members;
  }

  array(depth) {
    const elements = [];
    if (this.take("]")) return elements;
    do elements.push(this.value(depth));
    while (this.demand(",]") === ",");
    return elements;
  }

  string() {
    const literal = this.match(/"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y);
    const value = JSON.parse(literal ?? this.fail());
    if (!value.isWellFormed()) throw new Unreadable("half a surrogate pair");
    return value;
  }

  number() {
    const text = this.match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y) ?? this.fail();
    if (!survives(text)) throw new Unreadable("a number that would not be sent on as it is");
    return new JsonNumber(text);
  }
}

function readRequest(text) {
  if (Buffer.byteLength(text) > GREATEST_SIZE) throw new Unreadable("larger than 8 MiB");
  const request = new JsonReader(text).document();
  if (!(request instanceof Map)) throw new Unreadable("not an object");
  return request;
}

// ---------------------------------------------------------------------------------------------------------------------
// The binding: the schema, as openapi.yaml states it. Two things only warn: a pattern that is `inferred`, and the type
// of a `freeValue`, which stands in a map without documented members. No minimum is documented, so each warns too.

const E164 = /^\+[1-9][0-9]{1,14}$/;
const CLOCK_TIME = /^([01][0-9]|2[0-3]):[0-5][0-9]$/;

const anything = { type: "anything" };
const string = { type: "string" };
const freeString = { type: "string", freeValue: true };
const boolean = { type: "boolean" };
const amount = { type: "integer", minimum: 0n };
const phoneNumber = { type: "string", pattern: E164 };
const clockTime = { type: "string", pattern: CLOCK_TIME, inferred: true };
const textOrTexts = { type: "text or texts" };
const object = (members, required = []) => ({ type: "object", members, required });
const mapOf = (values) => ({ type: "object", values });

const CALL_REQUEST = object({
  name: string,
  mobile_number: phoneNumber,
  agent_id: string,
  number_pool_id: string,
  from_number_id: textOrTexts,
  from_number: textOrTexts,
  custom_args_values: mapOf(anything),
  smart_formatter: object({
    extract_first_name: boolean,
    transliteration: boolean,
    transliteration_language: object({ source: string, target: string }),
  }),
  call_config: object({
    idle_timeout_warning: amount,
    idle_timeout_end: amount,
    max_call_length: amount,
    call_retry_config: object({
      retry_count: amount, retry_busy: amount, retry_not_picked: amount, retry_failed: amount,
    }),
    call_time: object({ call_start_time: clockTime, call_end_time: clockTime, timezone: string, scheduled_at: string }),
  }),
  voice_id: string,
  version_id: string,
  call_category: string,
  parent_call_id: string,
  callback_url: string,
  callback_args: object({ headers: mapOf(freeString), params: mapOf(freeString) }),
}, ["name", "mobile_number", "agent_id"]);

const TYPES = {
  anything: () => true,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: (value) => value instanceof JsonNumber && value.integer !== null
    && BigInt.asIntN(64, value.integer) === value.integer,
  "text or texts": (value) => typeof value === "string" || Array.isArray(value),
  object: (value) => value instanceof Map,
};

const escaped = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");
const below = (pointer, name) => `${pointer}/${escaped(String(name))}`;

/** Reports what is broken: the rule, the pointer, and whether that is inferred, so that it only warns. */
function applySchema(schema, value, pointer, report) {
  if (!TYPES[schema.type](value)) return report("schema/type", pointer, schema.freeValue);
  if (schema.pattern && !schema.pattern.test(value)) report("schema/pattern", pointer, schema.inferred);
  if (schema.minimum !== undefined && value.integer < schema.minimum) report("schema/minimum", pointer, true);
  if (schema.type === "text or texts" && Array.isArray(value)) {
    value.forEach((element, index) => applySchema(string, element, below(pointer, index), report));
  }
  if (schema.type === "object") applyToMembers(schema, value, pointer, report);
}

function applyToMembers({ members = {}, required = [], values = anything }, object, pointer, report) {
  for (const name of required) if (!object.has(name)) report("schema/required", below(pointer, name));
  for (const [name, value] of object) {
    const documented = Object.hasOwn(members, name);
    const absent = documented && value === null && !required.includes(name);
    if (!absent) applySchema(documented ? members[name] : values, value, below(pointer, name), report);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The binding: the rules

/** The documented member at a pointer; undefined where it, or what holds it, is absent or null. */
function at(request, pointer) {
  return pointer.split("/").slice(1).reduce((value, name) => value?.get(name), request) ?? undefined;
}

const isBlank = (text) => /^\p{White_Space}*$/u.test(text);

/** The texts at these pointers, those of a list one by one, each with its own pointer. */
function textsAt(request, ...pointers) {
  return pointers.flatMap((pointer) => {
    const value = at(request, pointer);
    const texts = Array.isArray(value) ? value.map((text, index) => [text, below(pointer, index)]) : [[value, pointer]];
    return texts.filter(([text]) => text !== undefined);
  });
}

const givenTexts = (request, ...pointers) => textsAt(request, ...pointers).filter(([text]) => !isBlank(text));
const isGiven = (request, ...pointers) => givenTexts(request, ...pointers).length > 0;

// What a rule finds is a list of pointers; most rules judge each text, or each member of a map, by itself.
const when = (condition, pointer) => (condition ? [pointer] : []);
const pointersOf = (texts, isBroken) => texts.filter(([text]) => isBroken(text)).map(([, pointer]) => pointer);
const eachText = (isBroken) => (request, reads) => pointersOf(textsAt(request, ...reads), isBroken);
const eachMember = (isBroken) => (request, [map]) =>
  [...(at(request, map) ?? [])].filter(isBroken).map(([name]) => below(map, name));

const POOL = "/number_pool_id";
const NUMBER_IDS = "/from_number_id";
const NUMBERS = "/from_number";
const CALLED = "/mobile_number";
const ARGUMENTS = "/custom_args_values";
const FORMATTER = "/smart_formatter";
const LANGUAGE = `${FORMATTER}/transliteration_language`;
const CONFIG = "/call_config";
const WINDOW_START = `${CONFIG}/call_time/call_start_time`;
const WINDOW_END = `${CONFIG}/call_time/call_end_time`;
const TIME_ZONE = `${CONFIG}/call_time/timezone`;
const CALLBACK_URL = "/callback_url";
const HEADERS = "/callback_args/headers";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** People write one number in several ways: "+91 98765-43210" and "919876543210" are both "+919876543210". */
const digitsOf = (text) => text.replace(/[^0-9]/g, "");
const isSameNumber = (text, other) => digitsOf(text) !== "" && digitsOf(text) === digitsOf(other);

/** A forgotten "+" does not make a number an id; fewer than seven digits are no number to call. */
const isNumber = (text) => /^[0-9]{7,15}$/.test(text.replace(/[ ()./+-]/g, ""));

function duplicates(texts, keyOf) {
  const seen = new Set();
  return pointersOf(texts, (text) => seen.size === seen.add(keyOf(text)).size);
}

/** How the window ends: "same" minute, "next" day or "later" that day. An end alone is judged against nothing. */
function windowEnd(request) {
  const [start, end] = [at(request, WINDOW_START), at(request, WINDOW_END)];
  if (!CLOCK_TIME.test(start ?? "") || !CLOCK_TIME.test(end ?? "")) return undefined;
  if (start === end) return "same";
  return start > end ? "next" : "later";
}

// Names that Node knows besides those of the IANA database: ICU's own, those removed from it, and offsets.
const NOT_OF_IANA = new RegExp("^(?:A[CER]T|AGT|AST|B[ES]T|C[ANS]T|CTT|EAT|ECT|I[ES]T|JST|MIT|N[ES]T|P[LNRS]T|SST|VST"
  + "|SystemV/.*|Canada/East-Saskatchewan|US/Pacific-New|[+-].*)$", "i");

function isTimeZone(name) {
  // Node knows zones in any letter case, the database in one: each part of a name begins with a capital.
  if (NOT_OF_IANA.test(name) || !/^[A-Z][^/]*(?:\/[A-Z][^/]*)*$/.test(name)) return false;
  if (name === "Factory") return true; // a zone of the database that Node leaves out
  try {
    return Boolean(new Intl.DateTimeFormat(undefined, { timeZone: name }));
  } catch {
    return false;
  }
}

function isGreater(request, pointer, otherPointer) {
  const [value, other] = [at(request, pointer), at(request, otherPointer)];
  return value !== undefined && other !== undefined && value.integer > other.integer;
}

// The form of BCP 47 with a language of two or three letters.
const LANGUAGE_TAG = new RegExp("^(?:"
  + "[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
  + "(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
  + ")$", "i");

function isSameLanguage(request) {
  const [source, target] = [at(request, `${LANGUAGE}/source`), at(request, `${LANGUAGE}/target`)];
  return source !== undefined && source.toLowerCase() === target?.toLowerCase();
}

const isFormatterOn = (request) => at(request, `${FORMATTER}/extract_first_name`) === true
  || at(request, `${FORMATTER}/transliteration`) === true;

const isReferencable = (key) => key !== "" && !/[\p{White_Space}\p{Cc}{}@]/u.test(key);
const isScalar = (value) => value !== null && !Array.isArray(value) && !(value instanceof Map);

function contradictsNumber(request) {
  const [called, given] = [at(request, CALLED), at(request, ARGUMENTS)];
  if (called === undefined || !given?.has("mobile_number")) return false;
  const argument = given.get("mobile_number");
  const text = argument instanceof JsonNumber ? String(argument.integer) : argument;
  return typeof text !== "string" || !isSameNumber(text, called);
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CONTROL_BUT_TAB = /(?!\t)\p{Cc}/u;
const isUnsafeHeader = ([name, value]) => !HEADER_NAME.test(name)
  || (typeof value === "string" && CONTROL_BUT_TAB.test(value));

const NOT_PUBLIC = new BlockList();
for (const network of ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
  "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
  "224.0.0.0/3", "::/96", "2001:db8::/32", "2001:2::/48", "100::/64", "fc00::/7", "fe80::/10", "ff00::/8"]) {
  const [address, bits] = network.split("/");
  NOT_PUBLIC.addSubnet(address, Number(bits), `ipv${isIP(address)}`);
  if (isIP(address) === 4) NOT_PUBLIC.addSubnet(`64:ff9b::${address}`, 96 + Number(bits), "ipv6"); // NAT64
}
const RESERVED_NAME = /(?:^|\.)(?:localhost|local|test|example|invalid|internal|onion|arpa|lan|home|corp)$/;

function isUnreachable({ hostname }) {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host)) return NOT_PUBLIC.check(host, `ipv${isIP(host)}`);
  return hostname !== "" && (!host.includes(".") || RESERVED_NAME.test(host));
}

// The URL class also takes white space and backslashes, about which other parsers disagree.
const isHttps = (text) => /^https:\/\/[^/?#]/i.test(text) && URL.canParse(text)
  && !/[\p{White_Space}\p{Cc}\\]/u.test(text);
const hasCredentials = ({ username, password }) => username + password !== "";
const ifUrl = (isBroken) => (text) => URL.canParse(text) && isBroken(new URL(text));

function unknownMembers({ members }, value, pointer) {
  if (!members || !(value instanceof Map)) return [];
  return [...value].flatMap(([name, member]) => (Object.hasOwn(members, name)
    ? unknownMembers(members[name], member, below(pointer, name))
    : [below(pointer, name)]));
}

// Each rule: its level by default, the members it reads, and what it finds. A rule is not asked where the schema denied
// a member that it reads, so its functions rely on the documented types.
const RULES = [
  { id: "caller-number-missing", level: "deny", reads: [POOL, NUMBER_IDS, NUMBERS],
    find: (request) => when(!isGiven(request, POOL, NUMBER_IDS, NUMBERS), "") },
  { id: "from-number-and-id", level: "deny", reads: [NUMBER_IDS, NUMBERS],
    find: (request) => when(isGiven(request, NUMBER_IDS) && isGiven(request, NUMBERS), NUMBERS) },
  { id: "pool-with-from-number", level: "deny", reads: [POOL, NUMBER_IDS, NUMBERS],
    find: (request) => when(isGiven(request, POOL) && isGiven(request, NUMBER_IDS, NUMBERS), POOL) },
  { id: "callback-header-unsafe", level: "deny", reads: [HEADERS], find: eachMember(isUnsafeHeader) },
  { id: "not-a-uuid", level: "warn", reads: ["/agent_id", "/version_id", "/parent_call_id"],
    find: eachText((id) => !UUID.test(id)) },
  { id: "blank-name", level: "warn", reads: ["/name"], find: eachText(isBlank) },
  { id: "blank-caller-number", level: "warn", reads: [POOL, NUMBER_IDS, NUMBERS], find: eachText(isBlank) },
  { id: "caller-number-not-e164", level: "warn", reads: [NUMBERS],
    find: (request) => pointersOf(givenTexts(request, NUMBERS), (number) => !E164.test(number)) },
  { id: "calls-itself", level: "warn", reads: [CALLED, NUMBERS], find: (request) =>
    pointersOf(textsAt(request, NUMBERS), (number) => isSameNumber(number, at(request, CALLED))) },
  { id: "duplicate-caller-number", level: "warn", reads: [NUMBER_IDS, NUMBERS], find: (request) => [
    ...duplicates(givenTexts(request, NUMBER_IDS), (id) => id),
    ...duplicates(givenTexts(request, NUMBERS), (number) => digitsOf(number) || number)] },
  { id: "number-in-id-field", level: "warn", reads: [POOL, NUMBER_IDS], find: eachText(isNumber) },
  { id: "window-empty", level: "warn", reads: [WINDOW_START, WINDOW_END],
    find: (request) => when(windowEnd(request) === "same", WINDOW_END) },
  { id: "window-crosses-midnight", level: "allow", reads: [WINDOW_START, WINDOW_END],
    find: (request) => when(windowEnd(request) === "next", WINDOW_END) },
  { id: "unknown-timezone", level: "warn", reads: [TIME_ZONE], find: eachText((name) => !isTimeZone(name)) },
  { id: "idle-end-not-after-warning", level: "warn",
    reads: [`${CONFIG}/idle_timeout_warning`, `${CONFIG}/idle_timeout_end`],
    find: (request, [warning, end]) => when(isGreater(request, warning, end), end) },
  { id: "idle-end-beyond-call-length", level: "warn",
    reads: [`${CONFIG}/idle_timeout_end`, `${CONFIG}/max_call_length`],
    find: (request, [end, length]) => when(isGreater(request, end, length), end) },
  { id: "transliteration-language-unused", level: "warn", reads: [`${FORMATTER}/transliteration`, LANGUAGE],
    find: (request, [isOn]) => when(at(request, LANGUAGE) && at(request, isOn) !== true, LANGUAGE) },
  { id: "transliteration-same-language", level: "warn", reads: [LANGUAGE],
    find: (request) => when(isSameLanguage(request), `${LANGUAGE}/target`) },
  { id: "language-code-malformed", level: "warn", reads: [`${LANGUAGE}/source`, `${LANGUAGE}/target`],
    find: eachText((code) => !LANGUAGE_TAG.test(code)) },
  { id: "reserved-argument", level: "warn", reads: [ARGUMENTS, FORMATTER], find: (request) =>
    when(isFormatterOn(request) && at(request, ARGUMENTS)?.has("original_callee_name"),
      `${ARGUMENTS}/original_callee_name`) },
  { id: "argument-not-referencable", level: "warn", reads: [ARGUMENTS],
    find: eachMember(([key]) => !isReferencable(key)) },
  { id: "argument-not-scalar", level: "warn", reads: [ARGUMENTS], find: eachMember(([, value]) => !isScalar(value)) },
  { id: "argument-contradicts-number", level: "warn", reads: [ARGUMENTS, CALLED],
    find: (request) => when(contradictsNumber(request), `${ARGUMENTS}/mobile_number`) },
  { id: "callback-args-without-url", level: "warn", reads: ["/callback_args", CALLBACK_URL], find: (request, [given]) =>
    when(at(request, given) && at(request, CALLBACK_URL) === undefined, given) },
  { id: "callback-not-https", level: "warn", reads: [CALLBACK_URL], find: eachText((text) => !isHttps(text)) },
  { id: "callback-unreachable", level: "warn", reads: [CALLBACK_URL], find: eachText(ifUrl(isUnreachable)) },
  { id: "callback-credentials-in-url", level: "warn", reads: [CALLBACK_URL], find: eachText(ifUrl(hasCredentials)) },
  { id: "unknown-member", level: "warn", reads: [], find: (request) => unknownMembers(CALL_REQUEST, request, "") },
];

const SCHEMA_RULES = ["schema/required", "schema/type", "schema/pattern", "schema/minimum"];

// ---------------------------------------------------------------------------------------------------------------------
// The binding: checking

/** Whether one pointer is the other, or leads into it. */
const overlap = (pointer, other) => `${pointer}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${pointer}/`);

function levelOf(id, byDefault, levels) {
  if (Object.hasOwn(levels, id)) return levels[id];
  return byDefault === "warn" && Object.hasOwn(levels, "warnings") ? levels.warnings : byDefault;
}

function demandLevels(levels) {
  const ids = ["warnings", ...SCHEMA_RULES, ...RULES.map(({ id }) => id)];
  const areKnown = Object.entries(levels).every(([id, level]) =>
    ids.includes(id) && ["allow", "warn", "deny"].includes(level));
  if (!areKnown) throw new Error("levels of unknown rules, or unknown levels");
}

/** The verdict, and every violation that is not allowed. Levels are by rule id, or by the group `warnings`. */
function check(text, levels = {}) {
  demandLevels(levels);
  let request;
  try {
    request = readRequest(text);
  } catch (error) {
    if (error instanceof Unreadable) return { verdict: "unreadable", violations: [] };
    throw error;
  }
  const violations = [];
  const denied = [];
  applySchema(CALL_REQUEST, request, "", (rule, pointer, isInferred = false) => {
    if (!isInferred) denied.push(pointer);
    violations.push({ rule, pointer, level: isInferred ? levelOf(rule, "warn", levels) : "deny" });
  });
  for (const { id, level: byDefault, reads, find } of RULES) {
    if (reads.some((member) => denied.some((pointer) => overlap(pointer, member)))) continue;
    const level = levelOf(id, byDefault, levels);
    for (const pointer of find(request, reads)) violations.push({ rule: id, pointer, level });
  }
  const reported = violations.filter(({ level }) => level !== "allow");
  return { verdict: reported.some(({ level }) => level === "deny") ? "denied" : "accepted", violations: reported };
}

// ---------------------------------------------------------------------------------------------------------------------
// The binding: sending. A request that may have reached the server is never sent again: it may have rung a phone.

const PATH = "/calling/v2/outbound/individual";
const LONGEST_ANSWER = 1024 * 1024;

function callIdOf(bytes) {
  try {
    const id = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))?.data?.call_id;
    return typeof id === "string" && !isBlank(id) ? id : undefined;
  } catch {
    return undefined;
  }
}

function outcomeOf(status, bytes) {
  if (status >= 400 && status < 500 && status !== 408) return { outcome: "refused" };
  const callId = status >= 200 && status < 300 ? callIdOf(bytes) : undefined;
  return callId === undefined ? { outcome: "unknown" } : { outcome: "placed", callId };
}

function isSafeServer(url) {
  return url.protocol === "https:" || /^(?:localhost|127(?:\.[0-9]+){3}|\[::1\])$/.test(url.hostname);
}

/** Sends the text of an accepted request once, and says what is known about the call. Never throws. */
async function place(text, { apiKey, baseUrl, timeoutMilliseconds }) {
  if (!apiKey) return { outcome: "not-sent" };
  try {
    const url = new URL(`${baseUrl.replace(/\/+$/, "")}${PATH}`);
    if (isSafeServer(url)) return await post(url, Buffer.from(text), apiKey, timeoutMilliseconds);
    return { outcome: "not-sent" };
  } catch {
    return { outcome: "not-sent" }; // a URL or a key that no request can be made of
  }
}

function post(url, body, apiKey, timeoutMilliseconds) {
  return new Promise((resolve) => {
    const secure = url.protocol === "https:";
    const request = (secure ? https : http).request(url, { method: "POST", agent: false, headers: {
      "content-type": "application/json",
      "content-length": body.length,
      accept: "application/json",
      "user-agent": "ringg-conformance-node",
      "x-api-key": apiKey,
    } });
    let connected = false;
    let answered = false;
    const timer = setTimeout(() => request.destroy(new Error("timed out")), timeoutMilliseconds);
    const settle = (outcome) => {
      clearTimeout(timer);
      request.destroy();
      resolve(outcome);
    };
    request.on("socket", (socket) => socket.once(secure ? "secureConnect" : "connect", () => { connected = true; }));
    request.on("response", (response) => {
      answered = true;
      receive(response, settle);
    });
    request.on("error", () => {}); // "close" follows
    request.on("close", () => { if (!answered) settle({ outcome: connected ? "unknown" : "not-sent" }); });
    request.end(body);
  });
}

/** Reads no more than needed, and judges what came even where the connection broke after it. */
function receive(response, settle) {
  const chunks = [];
  let length = 0;
  const finish = () => settle(outcomeOf(response.statusCode, Buffer.concat(chunks)));
  response.on("error", () => {}); // "close" follows
  response.on("close", finish);
  if (response.statusCode < 200 || response.statusCode > 299) return finish();
  response.on("data", (chunk) => {
    length += chunk.length;
    if (length > LONGEST_ANSWER) response.destroy();
    else chunks.push(chunk);
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// The driver: one JSON object a line in, one out

const PROTOCOL = 1;

function describe() {
  return { protocol: PROTOCOL, rules: [...SCHEMA_RULES, ...RULES.map(({ id }) => id)] };
}

async function tryCase({ case: id, body, levels, api_key: apiKey, base_url: baseUrl, timeout_milliseconds: timeout }) {
  const { verdict, violations } = check(body, levels);
  const answer = { case: id, verdict, violations: violations.map(({ rule, pointer }) => ({ rule, pointer })) };
  if (verdict !== "accepted") return answer;
  const { outcome, callId } = await place(body, { apiKey, baseUrl, timeoutMilliseconds: timeout });
  return callId === undefined ? { ...answer, outcome } : { ...answer, outcome, call_id: callId };
}

/** Lines end at line feeds only: node:readline would also break at U+2028, which JSON may hold as it is. */
async function* linesOf(stream) {
  let unfinished = [];
  for await (const chunk of stream.setEncoding("utf8")) {
    const [first, ...rest] = chunk.split("\n");
    unfinished.push(first);
    for (const next of rest) {
      yield unfinished.join("");
      unfinished = [next];
    }
  }
  if (unfinished.join("") !== "") yield unfinished.join("");
}

function readQuestion(line) {
  let question;
  try {
    question = JSON.parse(line);
  } catch {
    throw new Error("a line that is not JSON"); // the parser's own message quotes the line, which holds names
  }
  if (question?.protocol !== PROTOCOL) throw new Error(`not version ${PROTOCOL} of the protocol`);
  if (question.describe !== true && typeof question.body !== "string") throw new Error("neither `describe` nor a case");
  return question;
}

async function drive() {
  for await (const line of linesOf(process.stdin)) {
    const question = readQuestion(line);
    const answer = question.describe ? describe() : await tryCase(question);
    await new Promise((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, resolve));
  }
}

drive().catch((error) => {
  process.stderr.write(`drive.mjs: ${error.message}\n`);
  process.exitCode = 2;
});
