import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { EmulatorError } from './emulator-error.ts';
import { type Assumptions, DEFAULT_ASSUMPTIONS, type EmulatorOptions, type ThrottleSetting } from './options.ts';
import { isBuildNumber } from './provisioning/build-number.ts';
import { startEmulator } from './server.ts';

interface Arguments {
  readonly port: number;
  readonly host: string;
  readonly tenant?: string;
  readonly tenantId?: string;
  readonly domain?: readonly string[];
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly certificate?: readonly string[];
  readonly role?: readonly string[];
  readonly directoryRole?: readonly string[];
  readonly synchronization?: boolean;
  readonly minimumBuild?: string;
  readonly seed?: string;
  readonly state?: string;
  readonly throttle: ThrottleSetting;
  readonly lag: number;
  readonly tokenLifetime?: number;
  readonly tls?: string;
  readonly assume?: readonly string[];
  readonly randomSeed?: number;
}

const EXAMPLE = `
Example:
  dirbridge-emulator --port 0 --domain contoso.com --throttle documented

When it is ready it prints one line of JSON: {"url","tenantId","tenant","clientId","clientSecret"}.
Graph is at URL/v1.0, sign-in at URL/<tenant>/oauth2/v2.0/token, the provisioning
service at URL/provisioningservice.svc, the control endpoints at URL/emulator.
Exit codes: 0 stopped by SIGINT or SIGTERM, 2 wrong use, 70 a defect of the emulator.`;

function parseArguments(): Arguments {
  const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];
  return new Command('dirbridge-emulator')
    .description('An emulated Entra ID tenant: sign-in, Microsoft Graph v1.0, the provisioning service, faults.')
    .option('--port <n>', 'port; 0 takes any free one', parsePort, 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--tenant <name>', 'initial domain (default: contoso.onmicrosoft.com)')
    .option('--tenant-id <guid>', 'id of the tenant (default: a new one)')
    .option('--domain <name>', 'verified domain; repeatable, the first is the default domain', collect)
    .option('--client-id <guid>', 'id of the registered application (default: a new one)')
    .option('--client-secret-file <file>', 'file with its secret (default: a new secret)')
    .option('--certificate <file>', 'PEM certificate registered for the application; repeatable', collect)
    .option(
      '--role <permission>',
      'application permission granted; repeatable (default: what synchronization needs)',
      collect,
    )
    .option(
      '--directory-role <name>',
      'directory role of the application; repeatable (default: User Administrator, Directory Synchronization Accounts)',
      collect,
    )
    .option('--synchronization', 'directory synchronization is switched on in the tenant (default: off)')
    .option('--minimum-build <number>', 'lowest build number of clients of the provisioning service', parseBuild)
    .option('--seed <file>', 'JSON with users, groups, licences, domains')
    .option('--state <file>', 'keeps the tenant between starts')
    .option(
      '--throttle <setting>',
      'documented, off, or a factor on the documented limits',
      parseThrottle,
      'documented',
    )
    .option('--lag <ms>', 'replication delay of reads in milliseconds', parseCount, 0)
    .option('--token-lifetime <s>', 'seconds that an access token lives (default: 60 to 90 minutes)', parseCount)
    .option('--tls <cert,key>', 'PEM files; serves HTTPS for every host name')
    .option(
      '--assume <name=value>',
      `switches an assumption; repeatable (${Object.keys(DEFAULT_ASSUMPTIONS).join(', ')})`,
      collect,
    )
    .option('--random-seed <n>', 'makes identifiers reproducible', parseCount)
    .addHelpText('after', EXAMPLE)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse()
    .opts<Arguments>();
}

function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function parsePort(text: string): number {
  const port = parseCount(text);
  if (port > 65_535) throw new InvalidArgumentError('It must be 65535 at most.');
  return port;
}

function parseBuild(text: string): string {
  if (!isBuildNumber(text)) throw new InvalidArgumentError('It must be a number such as 2.4.0.0.');
  return text;
}

function parseThrottle(text: string): ThrottleSetting {
  if (text === 'documented' || text === 'off') return text;
  const factor = Number(text);
  if (!(factor > 0)) throw new InvalidArgumentError('It must be documented, off or a factor over 0.');
  return factor;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new EmulatorError(`${file}: cannot be read (${(cause as Error).message}).`, { cause });
  }
}

function readSeed(file: string): unknown {
  try {
    return JSON.parse(readText(file)) as unknown;
  } catch (cause) {
    if (cause instanceof EmulatorError) throw cause;
    throw new EmulatorError(`${file}: the seed is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function readTls(text: string): { readonly cert: string; readonly key: string } {
  const [cert, key, ...rest] = text.split(',');
  if (cert === undefined || key === undefined || rest.length > 0)
    throw new EmulatorError('--tls takes two files: CERT,KEY.');
  return { cert: readText(cert), key: readText(key) };
}

function readAssumptions(texts: readonly string[]): Partial<Assumptions> {
  const read: Record<string, string | boolean> = {};
  for (const text of texts) {
    const [name = '', value = ''] = text.split('=');
    if (!Object.hasOwn(DEFAULT_ASSUMPTIONS, name)) throw new EmulatorError(`--assume: there is no '${name}'.`);
    const isFlag = name !== 'retryAfter';
    const allowed = isFlag ? ['true', 'false'] : ['integer', 'fractional', 'missing'];
    if (!allowed.includes(value)) throw new EmulatorError(`--assume ${name}: must be ${allowed.join(' or ')}.`);
    read[name] = isFlag ? value === 'true' : value;
  }
  return read as Partial<Assumptions>;
}

function toOptions(given: Arguments): EmulatorOptions {
  return {
    port: given.port,
    host: given.host,
    domains: given.domain ?? [],
    certificates: (given.certificate ?? []).map(readText),
    throttle: given.throttle,
    lag: given.lag,
    assumptions: readAssumptions(given.assume ?? []),
    ...(given.tenant === undefined ? {} : { tenant: given.tenant }),
    ...(given.tenantId === undefined ? {} : { tenantId: given.tenantId }),
    ...(given.clientId === undefined ? {} : { clientId: given.clientId }),
    ...(given.clientSecretFile === undefined ? {} : { clientSecret: readText(given.clientSecretFile).trim() }),
    ...(given.role === undefined ? {} : { roles: given.role }),
    ...(given.directoryRole === undefined ? {} : { directoryRoles: given.directoryRole }),
    ...(given.synchronization === undefined ? {} : { synchronization: given.synchronization }),
    ...(given.minimumBuild === undefined ? {} : { minimumBuild: given.minimumBuild }),
    ...(given.tokenLifetime === undefined ? {} : { tokenLifetime: given.tokenLifetime }),
    ...(given.seed === undefined ? {} : { seed: readSeed(given.seed) }),
    ...(given.state === undefined ? {} : { stateFile: given.state }),
    ...(given.tls === undefined ? {} : { tls: readTls(given.tls) }),
    ...(given.randomSeed === undefined ? {} : { randomSeed: given.randomSeed }),
  };
}

async function run(): Promise<void> {
  const emulator = await startEmulator(toOptions(parseArguments()));
  const { url, tenantId, tenant, clientId, clientSecret } = emulator;
  process.stdout.write(`${JSON.stringify({ url, tenantId, tenant, clientId, clientSecret })}\n`);
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    emulator.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function fail(error: unknown): never {
  const isUse = error instanceof EmulatorError;
  process.stderr.write(
    isUse ? `dirbridge-emulator: ${error.message}\n` : `dirbridge-emulator: ${String((error as Error).stack)}\n`,
  );
  process.exit(isUse ? 2 : 70);
}

run().catch(fail);
