import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** What is public in a PEM file. */
export type Certificates =
  | {
      /** The certificates as they stand, and nothing else of the file. */
      readonly text: string;
      /** Their content without line breaks, sorted: two files with the same hold the same certificates. */
      readonly content: readonly string[];
      readonly hasMore: boolean;
    }
  | { readonly why: string };

/** The certificates of a file; whatever else is in it, such as a private key, is left out. `why` when there are none to be had. */
export function readCertificates(path: string): Certificates {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { why: messageOf(error) };
  }
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) return { why: 'it holds no certificate in PEM form' };
  return {
    text: blocks.map((block) => `${block.replaceAll('\r', '')}\n`).join(''),
    content: blocks.map((block) => block.replace(/\s/g, '')).sort(),
    hasMore: /-----BEGIN (?!CERTIFICATE-----)/.test(text),
  };
}
