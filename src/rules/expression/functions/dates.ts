import { EvaluationError, type Item, limitText, Moment, quote, toInteger, toMoment, toText } from '../values.ts';
import type { ScalarFunction } from './definition.ts';

const TICKS_PER_MS = 10_000n;
/** Milliseconds from 1601-01-01 to 1970-01-01. */
const EPOCH_MS = 11_644_473_600_000n;
const TICKS_PER_DAY = 864_000_000_000n;
const TICKS_PER: ReadonlyMap<string, bigint> = new Map([
  ['s', 10_000_000n],
  ['n', 600_000_000n],
  ['h', 36_000_000_000n],
  ['d', TICKS_PER_DAY],
  ['y', TICKS_PER_DAY],
  ['w', TICKS_PER_DAY],
  ['ww', 7n * TICKS_PER_DAY],
]);
const MONTHS_PER: ReadonlyMap<string, bigint> = new Map([
  ['m', 1n],
  ['q', 3n],
  ['yyyy', 12n],
]);
/** 9999-12-31T23:59:59.9999999Z, the last time that can be written with four digits of the year. */
const LAST_TICK = 2_650_467_743_999_999_999n;

function momentOf(ticks: bigint): Moment {
  if (ticks < 0n || ticks > LAST_TICK) throw new EvaluationError('A time must lie between the years 1601 and 9999.');
  return new Moment(ticks);
}

function fromMilliseconds(ms: number): Moment {
  return momentOf((BigInt(ms) + EPOCH_MS) * TICKS_PER_MS);
}

function dateOf(moment: Moment): Date {
  return new Date(Number(moment.ticks / TICKS_PER_MS - EPOCH_MS));
}

/** A time as Active Directory writes it (GeneralizedTime in UTC). */
export function printMoment(moment: Moment): string {
  return `${dateOf(moment).toISOString().slice(0, 19).replace(/[-T:]/g, '')}.0Z`;
}

/** A time as ISO 8601 writes it, with a fraction of a second where there is one. */
export function printIsoTime(moment: Moment): string {
  const fraction = (moment.ticks % 10_000_000n).toString().padStart(7, '0').replace(/0+$/, '');
  return `${dateOf(moment).toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`;
}

const NAMED_MONTH = String.raw`(?<name>[A-Za-z]{3,9})\.?`;
const DAY = [
  String.raw`(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<day>\d{1,2})`,
  String.raw`(?<month>\d{1,2})/(?<day>\d{1,2})/(?<year>\d{4})`,
  String.raw`(?<day>\d{1,2})[ -]${NAMED_MONTH}[ -](?<year>\d{4})`,
  String.raw`${NAMED_MONTH} (?<day>\d{1,2}),? (?<year>\d{4})`,
].join('|');
const WEEKDAY = '(?:(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]{0,6},? )?';
const MINUTES = String.raw`:(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,7}))?)?`;
const CLOCK = String.raw`(?<hour>\d{1,2})(?:${MINUTES}(?:\s*(?<half>[AaPp][Mm]))?|\s*(?<half>[AaPp][Mm]))`;
const ZONE = String.raw`(?<zone>Z|GMT|UTC|[+-]\d{1,2}(?::?\d{2})?)`;
const READABLE = new RegExp(String.raw`^\s*${WEEKDAY}(?:${DAY})(?:(?:\s+|T)${CLOCK}(?:\s*${ZONE})?)?\s*$`);
const GENERALIZED =
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})(?:[.,](?<fraction>\d{1,7}))?(?<zone>Z|[+-]\d{4})$/;

/** No text that is longer is looked at, so that this costs next to nothing. */
const LONGEST_TIME = 100;

/** Reads a date with optional time and zone (without one: UTC), or a GeneralizedTime. Null when it is none. */
export function parseMoment(text: string): Moment | null {
  if (text.length > LONGEST_TIME) return null;
  const groups = (READABLE.exec(text) ?? GENERALIZED.exec(text))?.groups;
  if (!groups) return null;
  const [year, month, day] = [groups['year'], monthIn(groups), groups['day']].map(Number);
  const hour = hourOf(groups['hour'], groups['half']);
  const [minute, second] = [Number(groups['minute'] ?? 0), Number(groups['second'] ?? 0)];
  if (year === undefined || month === undefined || day === undefined || hour === null) return null;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC carries over what is out of range: 31 February would silently become a day in March.
  const isExact = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && minute < 60 && second < 60;
  if (!isExact || year < 1601) return null;
  const fraction = BigInt((groups['fraction'] ?? '').padEnd(7, '0'));
  const ticks = fromMilliseconds(date.getTime()).ticks + fraction - zoneTicks(groups['zone']);
  return ticks < 0n || ticks > LAST_TICK ? null : new Moment(ticks);
}

/** The number of the month; of one that is named in English by its place, 0 when there is none of that name. */
function monthIn({ month, name = '' }: Readonly<Record<string, string | undefined>>): number {
  if (month !== undefined) return Number(month);
  const wanted = name.toLowerCase();
  return MONTHS.findIndex((one) => [one, one.slice(0, 3)].some((spelt) => spelt.toLowerCase() === wanted)) + 1;
}

function hourOf(hour: string | undefined, half: string | undefined): number | null {
  const number = Number(hour ?? 0);
  if (half === undefined) return number < 24 ? number : null;
  if (number < 1 || number > 12) return null;
  return (number % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

function zoneTicks(zone: string | undefined): bigint {
  if (zone === undefined || /^[A-Z]/.test(zone)) return 0n;
  const digits = zone.slice(1).replace(':', '');
  const hours = digits.length > 2 ? digits.slice(0, -2) : digits;
  const minutes = digits.length > 2 ? digits.slice(-2) : '0';
  const ticks = (BigInt(hours) * 60n + BigInt(minutes)) * 600_000_000n;
  return zone.startsWith('-') ? -ticks : ticks;
}

function cDate(item: Item = null): Item {
  if (item instanceof Moment || item === null) return item;
  const text = toText(item, 'CDate');
  const moment = text === null ? null : parseMoment(text);
  if (!moment) throw new EvaluationError(`CDate cannot make a time of ${quote(text ?? '')}.`);
  return moment;
}

function dateAdd(interval: Item = null, amount: Item = null, time: Item = null): Item {
  const unit = toText(interval, 'DateAdd') ?? '';
  const count = toInteger(amount, 'DateAdd');
  const moment = toMoment(time, 'DateAdd');
  if (count === null || moment === null) return null;
  const ticks = TICKS_PER.get(unit);
  if (ticks !== undefined) return momentOf(moment.ticks + ticks * count);
  const months = MONTHS_PER.get(unit);
  if (months === undefined) throw new EvaluationError('DateAdd counts in yyyy, q, m, y, d, w, ww, h, n or s.');
  return addMonths(moment, months * count);
}

/** A day that the month does not have becomes its last one: 31 January and one month is 28 or 29 February. */
function addMonths(moment: Moment, months: bigint): Moment {
  if (months < -120_000n || months > 120_000n)
    throw new EvaluationError('A time must lie between the years 1601 and 9999.');
  const date = dateOf(moment);
  const target = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + Number(months) + 1, 0));
  const day = Math.min(date.getUTCDate(), target.getUTCDate());
  const midnight = Date.UTC(target.getUTCFullYear(), target.getUTCMonth(), day);
  return momentOf(fromMilliseconds(midnight).ticks + (moment.ticks % TICKS_PER_DAY));
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const SPECIFIER = /y+|M+|d+|H+|h+|m+|s+|t+|g+|z+|K|f{1,7}|\.?F{1,7}|'[^']*'|"[^"]*"|\\.|%/g;

/** Formats of .NET that are one letter, in its invariant culture. */
const STANDARD_FORMATS: Readonly<Record<string, string>> = {
  d: 'MM/dd/yyyy',
  D: 'dddd, dd MMMM yyyy',
  f: 'dddd, dd MMMM yyyy HH:mm',
  F: 'dddd, dd MMMM yyyy HH:mm:ss',
  g: 'MM/dd/yyyy HH:mm',
  G: 'MM/dd/yyyy HH:mm:ss',
  m: 'MMMM dd',
  M: 'MMMM dd',
  o: 'yyyy-MM-ddTHH:mm:ss.fffffffK',
  O: 'yyyy-MM-ddTHH:mm:ss.fffffffK',
  r: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  R: "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
  s: 'yyyy-MM-ddTHH:mm:ss',
  t: 'HH:mm',
  T: 'HH:mm:ss',
  u: 'yyyy-MM-dd HH:mm:ssZ',
  U: 'dddd, dd MMMM yyyy HH:mm:ss',
  y: 'yyyy MMMM',
  Y: 'yyyy MMMM',
};

/** Formats as .NET writes them, in UTC and English. */
function formatDateTime(time: Item = null, format: Item = null): Item {
  const moment = toMoment(time, 'FormatDateTime');
  const pattern = toText(format, 'FormatDateTime');
  if (moment === null || pattern === null) return null;
  const date = dateOf(moment);
  const fraction = (moment.ticks % 10_000_000n).toString().padStart(7, '0');
  const custom = (pattern.length === 1 ? STANDARD_FORMATS[pattern] : undefined) ?? pattern;
  return limitText(custom.replace(SPECIFIER, (specifier) => formatPart(specifier, date, fraction)));
}

/** A letter counts as often as it stands there: d, dd, ddd and dddd are four forms, and more than the longest are the longest. */
function formatPart(specifier: string, date: Date, fraction: string): string {
  const length = specifier.length;
  const two = (number: number): string => String(number).padStart(Math.min(length, 2), '0');
  const named = (name: string): string => (length === 3 ? name.slice(0, 3) : name);
  const half = date.getUTCHours() < 12 ? 'AM' : 'PM';
  switch (specifier[0]) {
    case 'y':
      return length < 3 ? two(date.getUTCFullYear() % 100) : String(date.getUTCFullYear()).padStart(length, '0');
    case 'M':
      return length < 3 ? two(date.getUTCMonth() + 1) : named(MONTHS[date.getUTCMonth()] ?? '');
    case 'd':
      return length < 3 ? two(date.getUTCDate()) : named(DAYS[date.getUTCDay()] ?? '');
    case 'H':
      return two(date.getUTCHours());
    case 'h':
      return two(date.getUTCHours() % 12 || 12);
    case 'm':
      return two(date.getUTCMinutes());
    case 's':
      return two(date.getUTCSeconds());
    case 't':
      return half.slice(0, Math.min(length, 2));
    case 'g':
      return 'A.D.';
    case 'z':
      return ['+0', '+00'][length - 1] ?? '+00:00';
    case 'K':
      return 'Z';
    case 'f':
      return fraction.slice(0, length);
    case 'F':
    case '.':
      return withoutZeros(specifier, fraction);
    case '%':
      return '';
    default:
      return specifier.startsWith('\\') ? specifier.slice(1) : specifier.slice(1, -1);
  }
}

/** `F` leaves zeros at the end away, and with the last one the point before it. */
function withoutZeros(specifier: string, fraction: string): string {
  const point = specifier.startsWith('.') ? '.' : '';
  const digits = fraction.slice(0, specifier.length - point.length).replace(/0+$/, '');
  return digits === '' ? '' : point + digits;
}

export const DATE_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'CDate',
    group: 'Date and time',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text', 'time'] }],
    gives: { types: ['time'] },
    meaning:
      'The time that a text spells: year-month-day, month/day/year, 10 January 2013 or January 10, 2013, with an optional time and zone (without one: UTC), or a GeneralizedTime.',
    reading:
      'A date with slashes is month/day/year; without a zone a time is UTC; culture and time zone of the machine play no part.',
    example: 'FormatDateTime(CDate("2013-01-10 4:00 PM -8"), "yyyy-MM-dd HH:mm")',
    result: '"2013-01-11 00:00"',
    apply: cDate,
  },
  {
    name: 'DateAdd',
    group: 'Date and time',
    form: 'scalar',
    parameters: [
      { name: 'interval', types: ['text'], choices: ['yyyy', 'q', 'm', 'y', 'd', 'w', 'ww', 'h', 'n', 's'] },
      { name: 'number', types: ['number'] },
      { name: 'time', types: ['time'] },
    ],
    gives: { types: ['time'] },
    meaning:
      'The time so many intervals later: yyyy years, q quarters, m months, y, d or w days, ww weeks, h hours, n minutes, s seconds.',
    reading: 'y, d and w all count days, as in Visual Basic; a day that the month lacks becomes its last.',
    example: 'FormatDateTime(DateAdd("m", 1, CDate("2024-01-31")), "yyyy-MM-dd")',
    result: '"2024-02-29"',
    apply: dateAdd,
  },
  {
    name: 'DateFromNum',
    group: 'Date and time',
    form: 'scalar',
    parameters: [{ name: 'number', types: ['number'] }],
    gives: { types: ['time'] },
    meaning: 'The time that a FILETIME (steps of 100 ns since 1601) stands for, e.g. pwdLastSet.',
    example: 'FormatDateTime(DateFromNum(129699324000000000), "yyyyMMddHHmmss.0Z")',
    result: '"20120101230000.0Z"',
    apply: (item = null) => {
      const ticks = toInteger(item, 'DateFromNum');
      return ticks === null ? null : momentOf(ticks);
    },
  },
  {
    name: 'FormatDateTime',
    group: 'Date and time',
    form: 'scalar',
    parameters: [
      { name: 'time', types: ['time'] },
      { name: 'format', types: ['text'] },
    ],
    gives: { types: ['text'] },
    meaning: 'A time in UTC, written as a format of .NET says; quoted or unknown characters stand for themselves.',
    reading:
      'The formats of .NET in its invariant culture (English) and UTC. A letter alone is one of its standard formats, e.g. "s" or "d"; "%d" is the day.',
    example: 'FormatDateTime(CDate("2024-03-05 17:08"), "d MMM yyyy, h:mm tt")',
    result: '"5 Mar 2024, 5:08 PM"',
    apply: formatDateTime,
  },
  {
    name: 'NumFromDate',
    group: 'Date and time',
    form: 'scalar',
    parameters: [{ name: 'time', types: ['time'] }],
    gives: { types: ['number'] },
    meaning: 'The FILETIME of a time.',
    example: 'NumFromDate(CDate("2012-01-01 23:00"))',
    result: '129699324000000000',
    apply: (item = null) => toMoment(item, 'NumFromDate')?.ticks ?? null,
  },
];
