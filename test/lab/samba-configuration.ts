import { join } from 'node:path';
import type { ServerCertificate } from './server-certificate.ts';

export interface SambaConfiguration {
  readonly folder: string;
  readonly realm: string;
  readonly netbios: string;
  readonly hostName: string;
  readonly address: string;
  readonly certificate: ServerCertificate;
  /** More lines of its section [global]. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * smb.conf of a domain controller that keeps everything below its own folder and listens on one loopback address.
 * Without winbindd, several run side by side; with few processes each, a domain starts in less time. The name of the ACL attribute lets it work in containers, where root may
 * not write security.* attributes.
 */
export function formatSambaConfiguration(options: SambaConfiguration): string {
  const at = (...parts: readonly string[]): string => join(options.folder, ...parts);
  return `[global]
	netbios name = ${options.hostName.toUpperCase()}
	realm = ${options.realm.toUpperCase()}
	workgroup = ${options.netbios}
	server role = active directory domain controller
	server services = rpc, ldap, cldap, kdc
	prefork children = 2
	prefork children:kdc = 1
	interfaces = ${options.address}/8
	bind interfaces only = yes
	private dir = ${at('private')}
	state directory = ${at('state')}
	cache directory = ${at('cache')}
	lock directory = ${at()}
	binddns dir = ${at('bind-dns')}
	pid directory = ${at('run')}
	ncalrpc dir = ${at('run', 'ncalrpc')}
	log file = ${at('samba.log')}
	logging = file
	tls enabled = yes
	tls cafile = ${options.certificate.ca}
	tls certfile = ${options.certificate.certificate}
	tls keyfile = ${options.certificate.key}
	acl_xattr:security_acl_name = user.NTACL
${Object.entries(options.settings ?? {})
  .map(([name, value]) => `\t${name} = ${value}\n`)
  .join('')}
[sysvol]
	path = ${at('state', 'sysvol')}
	read only = no

[netlogon]
	path = ${at('state', 'sysvol', options.realm.toLowerCase(), 'scripts')}
	read only = no
`;
}
