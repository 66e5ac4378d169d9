import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of PEM files. The key has mode 0600. */
export interface ServerCertificate {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certification authority in the folder, and with it a certificate for the DNS names and IP addresses. */
export async function makeServerCertificate(
  folder: string,
  names: { readonly dns: readonly string[]; readonly ip: readonly string[] },
): Promise<ServerCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca-key.pem');
  const certificate = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const alternatives = [...names.dns.map((name) => `DNS:${name}`), ...names.ip.map((address) => `IP:${address}`)];
  const configuration = join(folder, 'openssl.cnf');
  await writeFile(configuration, describeCertificates(names.dns[0] ?? 'localhost', alternatives));
  const common = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-config', configuration];
  const authority = ['req', '-x509', '-days', '90', '-extensions', 'authority', '-subj', '/CN=Dirbridge lab CA'];
  await run('openssl', [...authority, ...common, '-keyout', caKey, '-out', ca]);
  const signed = ['req', '-x509', '-days', '90', '-extensions', 'server', '-CA', ca, '-CAkey', caKey];
  await run('openssl', [...signed, ...common, '-keyout', key, '-out', certificate]);
  return { ca, certificate, key };
}

function describeCertificates(commonName: string, alternatives: readonly string[]): string {
  return `[req]
prompt = no
distinguished_name = name
[name]
CN = ${commonName}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = ${alternatives.join(', ')}
`;
}
