import { normalizeDn } from '../../model/dn.ts';
import type { SectionFacts } from '../connector.ts';
import { type AdSection, normalizeFingerprint, parseDuration } from './config.ts';

export const adFacts: SectionFacts<AdSection> = {
  secrets: ['password', 'replication.password'],
  files: { 'tls.ca': 'certificates' },
  spell: (section) => ({
    ...section,
    // Their order is that of fail-over, so it stays.
    servers: section.servers.map(spellServer),
    tls: {
      ca: section.tls.ca,
      fingerprint: section.tls.fingerprint && normalizeFingerprint(section.tls.fingerprint),
      serverName: section.tls.serverName?.toLowerCase(),
    },
    user: spellUser(section.user),
    replication: { ...section.replication, user: section.replication.user && spellUser(section.replication.user) },
    timeouts: {
      connect: parseDuration(section.timeouts.connect),
      request: parseDuration(section.timeouts.request),
    },
  }),
};

function spellUser(user: string): string {
  return user.includes('=') ? normalizeDn(user) : user.toLowerCase();
}

const PORTS: Readonly<Record<string, string>> = { ldap: '389', ldaps: '636' };

function spellServer(server: string): string {
  const [, protocol = '', host = '', port] = /^(ldaps?):\/\/(.*?)(?::(\d+))?$/.exec(server.toLowerCase()) ?? [];
  return `${protocol}://${host}:${port ?? PORTS[protocol] ?? ''}`;
}
