import { z } from 'zod';

/** How the changes after a read are to be found. `none`: they can't, each read is a full one. */
export const CHANGE_METHODS = ['dirsync', 'dirsync-object-security', 'usn', 'none'] as const;
export type ChangeMethod = (typeof CHANGE_METHODS)[number];

const shape = z.object({
  version: z.literal(1),
  method: z.enum(CHANGE_METHODS),
  namingContext: z.string(),
  /** Of the server it was read from. */
  invocationId: z.string().nullable(),
  /** DirSync: the cookie, in base64. */
  cookie: z.string().nullable(),
  /** uSNChanged: the last one that was read, in decimal. */
  usn: z.string().nullable(),
  /** The highest uSNChanged that the server had reached, in decimal: a database that shows less was put back. Older watermarks lack it. */
  seenUsn: z.string().nullable().optional(),
  /** What was asked for, in lower case and sorted. */
  attributes: z.array(z.string()).readonly(),
  takenAt: z.string(),
  /** Why not by the best method; said again at each read. */
  reason: z.string().nullable(),
});

/** What the next read needs to know. It says nothing about objects. */
export type Watermark = z.infer<typeof shape>;

export function formatWatermark(watermark: Watermark): string {
  return JSON.stringify(watermark);
}

/** null for a text that is no watermark of this version. */
export function parseWatermark(text: string): Watermark | null {
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The asked attributes in the form in which watermarks compare them. */
export function normalizeNames(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].sort();
}
