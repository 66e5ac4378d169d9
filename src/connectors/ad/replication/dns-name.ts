import { rdnValue, splitDn } from '../../../model/dn.ts';

/** `DC=corp,DC=example,DC=com` as `corp.example.com`. */
export function dnsNameOfDn(dn: string): string {
  return splitDn(dn).map(rdnValue).join('.');
}
