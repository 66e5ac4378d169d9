import { isIP } from 'node:net';

/** Where a directory server listens, and how the connection is protected. */
export interface ServerAddress {
  /** As the configuration has it, for messages. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly protection: 'tls' | 'startTls' | 'none';
}

/** Reads `ldaps://HOST[:PORT]` or `ldap://HOST[:PORT]`. Throws TypeError for anything else. */
export function parseServerAddress(url: string, startTls: boolean): ServerAddress {
  const parsed = new URL(url);
  if (parsed.protocol !== 'ldap:' && parsed.protocol !== 'ldaps:') throw new TypeError(`${url} is no LDAP address`);
  const isSecure = parsed.protocol === 'ldaps:';
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw new TypeError(`${url} names no host`);
  const port = parsed.port === '' ? (isSecure ? 636 : 389) : Number(parsed.port);
  return { url, host, port, protection: isSecure ? 'tls' : startTls ? 'startTls' : 'none' };
}

export function isAddressLiteral(host: string): boolean {
  return isIP(host) !== 0;
}
