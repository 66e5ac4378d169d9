import { readFileSync } from 'node:fs';
import { DirbridgeError, messageOf } from '../errors.ts';
import type { Scalar, Value } from '../model/value.ts';
import { isWithin64Bits } from './expression/operators.ts';
import type { SampleObject } from './rule-source.ts';

/**
 * Reads an object to try an expression on: `{ "attribute": value or list of values }` in JSON. Whole numbers are numbers, `{ "base64": "..." }`
 * is binary, null is absent. Throws `file-missing`, `file-invalid`.
 */
export function readSampleFile(file: string): SampleObject {
  const parsed = parseFile(file);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new DirbridgeError('file-invalid', `${file}: an object is written { "attribute": value }`);
  const attributes: Record<string, Value> = {};
  for (const [name, given] of Object.entries(parsed)) {
    const value = Array.isArray(given) ? given.map((one) => toScalar(file, name, one)) : toValue(file, name, given);
    if (value !== null && !(Array.isArray(value) && value.length === 0)) attributes[name] = value;
  }
  return { attributes };
}

function parseFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new DirbridgeError('file-missing', `${file}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''), keepIntegers);
  } catch (error) {
    throw new DirbridgeError('file-invalid', `${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Times of a directory (pwdLastSet) have more digits than a JavaScript number keeps. */
function keepIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const digits = context?.source ?? '';
  return typeof value === 'number' && /^-?[0-9]{1,30}$/.test(digits) ? BigInt(digits) : value;
}

function toValue(file: string, name: string, given: unknown): Value | null {
  return given === null ? null : toScalar(file, name, given);
}

function toScalar(file: string, name: string, given: unknown): Scalar {
  if (typeof given === 'string' || typeof given === 'boolean') return given;
  if (typeof given === 'bigint' && isWithin64Bits(given)) return given;
  if (typeof given === 'number' && Number.isSafeInteger(given)) return BigInt(given);
  const base64 = typeof given === 'object' && given !== null && 'base64' in given ? given.base64 : null;
  if (typeof base64 === 'string') return new Uint8Array(Buffer.from(base64, 'base64'));
  throw new DirbridgeError(
    'file-invalid',
    `${file}: ${name} must be a text, a whole number of at most 64 bits, true, false, { "base64": "..." }, or a list of these`,
  );
}
