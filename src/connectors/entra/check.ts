import type { CheckLine, ConnectorContext } from '../connector.ts';
import { readCertificate } from './client-credential.ts';
import type { EntraSection } from './config.ts';
import { failureLine } from './failure-line.ts';
import { readGrantedPermissions } from './granted-permissions.ts';
import type { Graph, GraphAnswer } from './graph.ts';
import { readRefusal } from './graph-refusal.ts';
import { missingPermissions } from './permissions.ts';
import type { SignIn } from './sign-in.ts';
import { type Organization, readOrganization } from './tenant-facts.ts';

export interface CheckParts {
  readonly section: EntraSection;
  readonly context: ConnectorContext;
  readonly graph: Graph;
  readonly signIn: SignIn;
}

/** The check of the contract: what decides comes first, and where nothing further can be found out it ends. */
export async function* checkTenant(parts: CheckParts): AsyncGenerator<CheckLine> {
  if (parts.section.certificate) yield checkCertificate(parts);
  const signIn = await checkSignIn(parts);
  yield signIn.line;
  if (signIn.token === null) return;
  const organization = await attempt('organization', () => readOrganization(parts.graph));
  if ('line' in organization) {
    yield organization.line;
    if (organization.line.code === 'tenant-unreachable') return;
    yield await checkPermissions(parts, signIn.token);
    return;
  }
  yield describeTenant(organization.value);
  yield describeDomains(organization.value);
  yield await checkPermissions(parts, signIn.token);
  yield await checkQuota(parts.graph);
  yield await checkClock(parts);
}

function checkCertificate(parts: CheckParts): CheckLine {
  const what = 'certificate';
  try {
    const { certificate } = readCertificate(parts.section, parts.context.readSecret);
    const days = Math.floor((certificate.validToDate.getTime() - parts.context.now().getTime()) / 86_400_000);
    const detail = `valid until ${certificate.validToDate.toISOString().slice(0, 10)}, SHA-256 ${certificate.fingerprint256.replaceAll(':', '')}`;
    if (days >= 30) return { what, state: 'ok', detail };
    const remedy =
      'Make a new certificate, upload it to the application and name it in certificate.file of the target.';
    return { what, state: days < 0 ? 'error' : 'warning', detail: `${detail} (${days} days)`, remedy };
  } catch (thrown) {
    return failureLine(what, thrown);
  }
}

async function checkSignIn(parts: CheckParts): Promise<{ readonly line: CheckLine; readonly token: string | null }> {
  const { tenant, clientId } = parts.section;
  const signedIn = await attempt('sign-in', () => parts.signIn.token());
  if ('line' in signedIn) return { line: signedIn.line, token: null };
  const line: CheckLine = { what: 'sign-in', state: 'ok', detail: `${clientId} in ${tenant}` };
  return { line, token: signedIn.value };
}

function describeTenant(organization: Organization): CheckLine {
  const what = 'organization';
  const detail = `${organization.displayName} (${organization.id})`;
  if (organization.onPremisesSyncEnabled !== true) return { what, state: 'ok', detail };
  return {
    what,
    state: 'warning',
    detail: `${detail}: directory synchronization is switched on, objects that it masters cannot be changed by us`,
    remedy: 'Switch off Entra Connect and directory synchronization before Dirbridge takes over the same objects.',
  };
}

function describeDomains(organization: Organization): CheckLine {
  const what = 'verified domains';
  const detail = organization.verifiedDomains.join(', ');
  if (
    organization.verifiedDomains.some(
      (name) => name !== organization.initialDomain && !name.endsWith('.onmicrosoft.com'),
    )
  ) {
    return { what, state: 'ok', detail };
  }
  return {
    what,
    state: 'warning',
    detail: `${detail}: every user would get a name at the initial domain`,
    remedy: 'Add the domain of your user principal names to the tenant and verify it.',
  };
}

async function checkPermissions(parts: CheckParts, token: string): Promise<CheckLine> {
  const what = 'permissions';
  const granted = await attempt(what, () => readGrantedPermissions(parts.graph, token, parts.section.clientId));
  if ('line' in granted) return granted.line;
  if (granted.value === null) {
    const remedy = 'Look at the API permissions of the application in the tenant.';
    return { what, state: 'warning', detail: 'the tenant does not tell which permissions are granted', remedy };
  }
  const missing = missingPermissions(granted.value);
  if (missing.length === 0) return { what, state: 'ok', detail: [...granted.value].sort().join(', ') };
  return {
    what,
    state: missing.some((need) => need.severity === 'error') ? 'error' : 'warning',
    detail: missing.map((need) => `${need.anyOf[0]} is missing: ${need.purpose}`).join('; '),
    remedy: `Add these application permissions for Microsoft Graph and grant admin consent: ${[...new Set(missing.map((need) => need.anyOf[0]))].join(', ')}.`,
  };
}

/** Resource units in 10 s by the size of the tenant (throttling limits, "Identity and access"). */
const SIZES = [
  { below: 50, name: 'S', units: 3500 },
  { below: 501, name: 'M', units: 5000 },
  { below: Number.POSITIVE_INFINITY, name: 'L', units: 8000 },
] as const;

async function checkQuota(graph: Graph): Promise<CheckLine> {
  const what = 'quota';
  const counted = await attempt(what, () =>
    graph.read('/users/$count', { ConsistencyLevel: 'eventual', accept: 'text/plain' }),
  );
  if ('line' in counted) return counted.line;
  const users = Number(counted.value.body);
  if (counted.value.status !== 200 || !Number.isFinite(users)) {
    return { what, state: 'warning', detail: `the users of the tenant cannot be counted: ${wordsOf(counted.value)}` };
  }
  const size = SIZES.find((one) => users < one.below) ?? SIZES[2];
  const detail = `${users} users, size ${size.name}: ${size.units} resource units in 10 s, 3000 writes in 150 s`;
  const level = Number(counted.value.headers['x-ms-throttle-limit-percentage']);
  if (!(level >= 0.8)) return { what, state: 'ok', detail };
  return {
    what,
    state: 'warning',
    detail: `${detail}; ${Math.round(level * 100)} % are used at the moment`,
    remedy: 'Something else writes to the tenant with this application; Dirbridge will be slowed down.',
  };
}

function wordsOf(answer: GraphAnswer): string {
  const refusal = readRefusal(answer.status, answer.body);
  return `${refusal.status} ${refusal.code}: ${refusal.message}`;
}

/** Assertions are good for minutes only, and deletion times are compared with our clock. */
async function checkClock(parts: CheckParts): Promise<CheckLine> {
  const what = 'clock';
  const asked = await attempt(what, () => parts.graph.read('/organization?$select=id'));
  if ('line' in asked) return asked.line;
  const theirs = Date.parse(asked.value.headers['date'] ?? '');
  if (Number.isNaN(theirs)) return { what, state: 'warning', detail: 'the tenant did not tell its time' };
  const seconds = Math.round((parts.context.now().getTime() - theirs) / 1000);
  const detail = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} the tenant`;
  if (Math.abs(seconds) < 120) return { what, state: 'ok', detail };
  return { what, state: 'warning', detail, remedy: 'Let this machine take its time from a time server.' };
}

type Attempt<Value> = { readonly value: Value } | { readonly line: CheckLine };

async function attempt<Value>(what: string, work: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await work() };
  } catch (thrown) {
    return { line: failureLine(what, thrown) };
  }
}
