import { EvaluationError, type Item, Moment, toInteger, toMoment, toText } from '../values.ts';
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

const DAY = String.raw`(?:(?<year>\d{4})[-/](?<month>\d{1,2})[-/](?<day>\d{1,2})|(?<usMonth>\d{1,2})/(?<usDay>\d{1,2})/(?<usYear>\d{4}))`;
const CLOCK = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,7}))?)?(?:\s*(?<half>[AaPp][Mm]))?`;
const ZONE = String.raw`(?<zone>Z|[+-]\d{1,2}(?::?\d{2})?)`;
const READABLE = new RegExp(String.raw`^\s*${DAY}(?:(?:\s+|T)${CLOCK}(?:\s*${ZONE})?)?\s*$`);
const GENERALIZED =
  /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})(?<hour>\d{2})(?<minute>\d{2})(?<second>\d{2})(?:[.,](?<fraction>\d{1,7}))?(?<zone>Z|[+-]\d{4})$/;

/** No text that is longer is looked at, so that this costs next to nothing. */
const LONGEST_TIME = 100;

/** Reads a date with optional time and zone (without one: UTC), or a GeneralizedTime. Null when it is none. */
export function parseMoment(text: string): Moment | null {
  if (text.length > LONGEST_TIME) return null;
  const groups = (READABLE.exec(text) ?? GENERALIZED.exec(text))?.groups;
  if (!groups) return null;
  const [year, month, day] = [
    groups['year'] ?? groups['usYear'],
    groups['month'] ?? groups['usMonth'],
    groups['day'] ?? groups['usDay'],
  ].map(Number);
  const hour = hourOf(groups['hour'], groups['half']);
  const [minute, second] = [Number(groups['minute'] ?? 0), Number(groups['second'] ?? 0)];
  if (year === undefined || month === undefined || day === undefined || hour === null) return null;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC carries over what is out of range: 31 February would silently become a day in March.
  const isExact = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && minute < 60 && second < 60;
  if (!isExact || year < 1602) return null;
  const fraction = BigInt((groups['fraction'] ?? '').padEnd(7, '0'));
  const ticks = fromMilliseconds(date.getTime()).ticks + fraction - zoneTicks(groups['zone']);
  return ticks > LAST_TICK ? null : new Moment(ticks);
}

function hourOf(hour: string | undefined, half: string | undefined): number | null {
  const number = Number(hour ?? 0);
  if (half === undefined) return number < 24 ? number : null;
  if (number < 1 || number > 12) return null;
  return (number % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

function zoneTicks(zone: string | undefined): bigint {
  if (zone === undefined || zone === 'Z') return 0n;
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
  if (!moment) throw new EvaluationError(`CDate cannot make a time of "${text}".`);
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
const SPECIFIER = /yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|tt|t|K|z{1,3}|'[^']*'|"[^"]*"|\\./g;

/** Custom formats as .NET writes them, in UTC and English. */
function formatDateTime(time: Item = null, format: Item = null): Item {
  const moment = toMoment(time, 'FormatDateTime');
  const pattern = toText(format, 'FormatDateTime');
  if (moment === null || pattern === null) return null;
  const date = dateOf(moment);
  const fraction = (moment.ticks % 10_000_000n).toString().padStart(7, '0');
  return pattern.replace(SPECIFIER, (specifier) => formatPart(specifier, date, fraction));
}

function formatPart(specifier: string, date: Date, fraction: string): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const half = date.getUTCHours() % 12 || 12;
  const parts: Readonly<Record<string, () => string>> = {
    yyyy: () => String(date.getUTCFullYear()).padStart(4, '0'),
    yy: () => two(date.getUTCFullYear() % 100),
    MMMM: () => MONTHS[date.getUTCMonth()] ?? '',
    MMM: () => (MONTHS[date.getUTCMonth()] ?? '').slice(0, 3),
    MM: () => two(date.getUTCMonth() + 1),
    M: () => String(date.getUTCMonth() + 1),
    dddd: () => DAYS[date.getUTCDay()] ?? '',
    ddd: () => (DAYS[date.getUTCDay()] ?? '').slice(0, 3),
    dd: () => two(date.getUTCDate()),
    d: () => String(date.getUTCDate()),
    HH: () => two(date.getUTCHours()),
    H: () => String(date.getUTCHours()),
    hh: () => two(half),
    h: () => String(half),
    mm: () => two(date.getUTCMinutes()),
    m: () => String(date.getUTCMinutes()),
    ss: () => two(date.getUTCSeconds()),
    s: () => String(date.getUTCSeconds()),
    tt: () => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
    t: () => (date.getUTCHours() < 12 ? 'A' : 'P'),
    K: () => 'Z',
    zzz: () => '+00:00',
    zz: () => '+00',
    z: () => '+0',
  };
  const part = parts[specifier];
  if (part) return part();
  if (specifier.startsWith('f')) return fraction.slice(0, specifier.length);
  return specifier.startsWith('\\') ? specifier.slice(1) : specifier.slice(1, -1);
}

export const DATE_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'CDate',
    group: 'Date and time',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text', 'time'] }],
    gives: { types: ['time'] },
    meaning:
      'The time that a text spells: year-month-day or month/day/year, with an optional time and zone (without one: UTC), or a GeneralizedTime.',
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
    meaning: 'A time in UTC, written as a .NET custom format says; quoted or unknown characters stand for themselves.',
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
