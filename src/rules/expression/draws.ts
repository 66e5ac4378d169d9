import { createHash } from 'node:crypto';
import type { RuleSource } from '../rule.ts';
import { charge, EvaluationError } from './values.ts';

/** The parameter that tells which object this is, the same in every run: its directory and anchor. Guid and RandomNum draw by it. */
const OBJECT_KEY = 'Object.Key';

const WORK_OF_DRAW = 500;

/** Where the evaluation under way belongs, and how often it has drawn. An evaluation is synchronous, so one place is enough. */
let place = '';
let draws = 0;

/** Starts a new evaluation. `at`: what its result is for; two places draw differently on the same object. */
export function beginDraws(at: string): void {
  place = at;
  draws = 0;
}

/**
 * 32 bytes that look random and are the same whenever the same object is worked out for the same place again. True chance would give
 * another plan in each run, a full run other values than a delta, and an approved plan values that nobody has seen.
 */
export function draw(source: RuleSource, asker: string): Uint8Array {
  const key = source.parameter(OBJECT_KEY);
  if (key === undefined) throw new EvaluationError(`${asker}: which object this is is not known here.`);
  charge(WORK_OF_DRAW);
  const seed = JSON.stringify([key, place, draws++]);
  return createHash('sha256').update(seed).digest();
}

/** A GUID of version 4 (RFC 9562) in its readable form. */
export function drawGuid(source: RuleSource): string {
  const bytes = draw(source, 'Guid').subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A whole number from `start` to `end`, both included, each equally likely. */
export function drawNumber(source: RuleSource, start: bigint, end: bigint): bigint {
  if (end < start) throw new EvaluationError(`RandomNum: ${end} is less than ${start}; the lower limit comes first.`);
  const bytes = Buffer.from(draw(source, 'RandomNum'));
  const wide = (bytes.readBigUInt64LE(0) << 64n) | bytes.readBigUInt64LE(8);
  return start + (wide % (end - start + 1n));
}
