import type { SectionFacts } from '../connector.ts';
import { CONCURRENCY, type EntraSection, TIMEOUT } from './config.ts';

export const entraFacts: SectionFacts<EntraSection> = {
  secrets: ['clientSecret', 'certificate.passphrase'],
  files: { 'certificate.file': 'secret' },
  spell: (section) => ({
    ...section,
    tenant: section.tenant.toLowerCase(),
    clientId: section.clientId.toLowerCase(),
    graph: section.graph && spellUrl(section.graph, 'v1.0'),
    authority: section.authority && spellUrl(section.authority, section.tenant),
    concurrency: section.concurrency ?? CONCURRENCY,
    timeout: section.timeout ?? TIMEOUT,
  }),
};

/** Without the last part of its path, which may be left out. */
function spellUrl(url: string, last: string): string {
  return new URL(url).href.replace(/\/+$/, '').replace(new RegExp(`/${RegExp.escape(last)}$`, 'i'), '');
}
