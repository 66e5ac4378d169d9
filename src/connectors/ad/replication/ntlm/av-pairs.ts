import { MalformedAnswer } from '../malformed-answer.ts';

/** [MS-NLMP] 2.2.2.1. */
export const AV_ID = {
  end: 0,
  netbiosComputer: 1,
  netbiosDomain: 2,
  dnsComputer: 3,
  dnsDomain: 4,
  dnsForest: 5,
  flags: 6,
  timestamp: 7,
  targetName: 9,
  channelBindings: 10,
} as const;

export interface AvPair {
  readonly id: number;
  readonly value: Buffer;
}

/** Reads a list of pairs up to its end mark. Throws MalformedAnswer. */
export function parseAvPairs(bytes: Buffer): readonly AvPair[] {
  const pairs: AvPair[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const id = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (id === AV_ID.end) return pairs;
    if (at + 4 + length > bytes.length) break;
    pairs.push({ id, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  throw new MalformedAnswer('NTLM challenge: the list of facts about the server has no end');
}

export function formatAvPairs(pairs: readonly AvPair[]): Buffer {
  const parts = pairs.flatMap(({ id, value }) => [head(id, value.length), value]);
  return Buffer.concat([...parts, head(AV_ID.end, 0)]);
}

function head(id: number, length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(id, 0);
  bytes.writeUInt16LE(length, 2);
  return bytes;
}

export function findAvPair(pairs: readonly AvPair[], id: number): Buffer | null {
  return pairs.find((pair) => pair.id === id)?.value ?? null;
}

export function avText(pairs: readonly AvPair[], id: number): string | null {
  return findAvPair(pairs, id)?.toString('utf16le') ?? null;
}
