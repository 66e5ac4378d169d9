import type { PlanValue } from '../../model/plan.ts';
import { cutText, printableText } from './text-width.ts';

/** `1 user`, `2,000 users`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

export function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** An ISO time as people read it, still in UTC: `2026-01-31 12:00:05 UTC`. */
export function formatTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** A length of time in milliseconds: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return withRest(minutes, 'min', whole % 60, 's');
  return withRest(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function withRest(count: number, unit: string, rest: number, smaller: string): string {
  return rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${smaller}`;
}

/** A value of a plan in one short line: texts in quotes, so that blanks at their ends show. */
export function formatValue(value: PlanValue, columns = 60): string {
  if (value === null) return '(none)';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return `"${cutText(printableText(value), columns)}"`;
  if (value.length === 0) return '(none)';
  return cutText(value.map((one) => formatValue(one, columns)).join(', '), columns * 2);
}
