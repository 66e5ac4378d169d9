import { z } from 'zod';
import { SELECTED } from './graph-object.ts';

/** One stream of changes each, with its own token: Graph answers the token of another stream with nothing at all. */
export const STREAMS = ['users', 'groups'] as const;
export type Stream = (typeof STREAMS)[number];

const watermark = z.strictObject({
  version: z.literal(1),
  tenant: z.string(),
  /** What the tokens were asked for; a token goes on with the old list for ever. */
  select: z.string(),
  users: z.string(),
  groups: z.string(),
});
export type Watermark = z.infer<typeof watermark>;

/** The properties and links that each stream asks for, fixed by the schema. */
export const STREAM_SELECT: Readonly<Record<Stream, string>> = {
  users: [...SELECTED.user, 'manager'].join(','),
  groups: [...SELECTED.group, 'members'].join(','),
};

const SELECT_NOW = `${STREAM_SELECT.users};${STREAM_SELECT.groups}`;

/** `links`: where each stream goes on, from the version on: the address of Graph may change, the tokens stay good. */
export function printWatermark(tenant: string, links: Readonly<Record<Stream, string>>): string {
  return JSON.stringify({ version: 1, tenant, select: SELECT_NOW, ...links } satisfies Watermark);
}

/** The links to go on with, or why they cannot be used. */
export function readWatermark(text: string, tenant: string): Watermark | { readonly reason: string } {
  const parsed = watermark.safeParse(parseJson(text));
  if (!parsed.success) return { reason: 'the stored delta tokens are not of this version' };
  const found = parsed.data;
  if (found.tenant !== tenant) return { reason: 'the stored delta tokens belong to another tenant' };
  if (found.select !== SELECT_NOW) return { reason: 'the stored delta tokens ask for other attributes' };
  const isOurs = STREAMS.every((stream) => found[stream].startsWith(`/${stream}/delta?`));
  return isOurs ? found : { reason: 'the stored delta tokens are not of this version' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
