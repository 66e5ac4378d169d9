import { z } from 'zod';
import type { Cursor, ReplicationState } from './drsuapi/replication-state.ts';

const guid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const usn = z.string().regex(/^\d{1,19}$/);

const shape = z.strictObject({
  version: z.literal(1),
  /** GUID of the naming context. */
  domain: guid,
  /** Of the database that was read from; the vector counts by it. */
  invocationId: guid,
  usn: z.tuple([usn, usn, usn]),
  /** Of every database, up to which change of it everything is known: what another domain controller goes by. */
  upToDateness: z.array(z.tuple([guid, usn])),
  /** What was asked for. */
  attributes: z.array(z.string()),
});

export interface PasswordWatermark {
  readonly domain: string;
  readonly state: ReplicationState;
  readonly attributes: readonly string[];
}

export function formatWatermark({ domain, state, attributes }: PasswordWatermark): string {
  const { highObjectUpdate, reserved, highPropertyUpdate } = state.usn;
  const value: z.infer<typeof shape> = {
    version: 1,
    domain,
    invocationId: state.invocationId,
    usn: [String(highObjectUpdate), String(reserved), String(highPropertyUpdate)],
    upToDateness: state.cursors.map((cursor) => [cursor.invocationId, String(cursor.usn)]),
    attributes: [...attributes],
  };
  return JSON.stringify(value);
}

/** Null for a text that is no watermark of this version. */
export function parseWatermark(text: string): PasswordWatermark | null {
  try {
    const read = shape.parse(JSON.parse(text));
    const [objects, reserved, properties] = read.usn;
    return {
      domain: read.domain,
      attributes: read.attributes,
      state: {
        invocationId: read.invocationId,
        usn: { highObjectUpdate: BigInt(objects), reserved: BigInt(reserved), highPropertyUpdate: BigInt(properties) },
        cursors: read.upToDateness.map(([invocationId, known]): Cursor => ({ invocationId, usn: BigInt(known) })),
      },
    };
  } catch {
    return null;
  }
}
