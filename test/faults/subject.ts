// A process of the product, for the tests that kill it: one cycle for each message, as the command line would run it.
import process from 'node:process';
import { syncPasswords } from '../../src/app/password-cycles.ts';
import { passwordsSchema } from '../../src/config/passwords-section.ts';
import type { PasswordSettings } from '../../src/config.ts';
import { adSource } from '../../src/connectors/ad/connector.ts';
import type { Connector, ConnectorContext, PasswordTarget, TargetConnector } from '../../src/connectors/connector.ts';
import { entraSection } from '../../src/connectors/entra/config.ts';
import { createEntraConnector } from '../../src/connectors/entra/connector.ts';
import { retryReads } from '../../src/connectors/retry.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { runCycle } from '../../src/engine/run.ts';
import { DirbridgeError, messageOf } from '../../src/errors.ts';
import { SILENT_LOG } from '../../src/log.ts';
import type { Operation } from '../../src/model/plan.ts';
import { loadRuleSet } from '../../src/rules/rule-set.ts';
import type { Store } from '../../src/store/store.ts';
import { NO_GUARDS } from '../memory/no-guards.ts';
import { Boundaries } from './boundary.ts';
import { openDeadlyStore, overriding } from './deadly-store.ts';
import { RemoteSource } from './remote-source.ts';
import type { CycleEnd, CycleOrder, FromSubject, ToSubject } from './subject-message.ts';

const RULES = loadRuleSet(['standard']);
const PASSWORDS: PasswordSettings = {
  file: 'the campaign',
  sources: [],
  passwords: passwordsSchema.parse({ method: 'hash' }),
};
const remote = new RemoteSource(tell);
const fetchReally = globalThis.fetch;

function tell(message: FromSubject): void {
  process.send?.(message);
}

/** Nothing of us runs after this. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

async function runOrder(order: CycleOrder): Promise<CycleEnd> {
  const boundaries = new Boundaries(order.death, die);
  globalThis.fetch = watchSending(boundaries);
  const rest = { operations: 0, planned: [], findings: [], passwords: 0, passed: boundaries.passed };
  let store: Store | null = null;
  try {
    store = openDeadlyStore(order.store, boundaries);
    const context = describeContext(order, store, boundaries);
    const result = await runCycle(context, { command: 'sync', full: order.full, apply: true });
    boundaries.isAboutPasswords = true;
    const { cycle } = await syncPasswords(context, PASSWORDS, { full: false, users: [] }, undefined);
    const findings = (await store.runs.findings(100)).filter((one) => one.severity === 'error');
    const exitCode = result.outcome !== 'done' ? 3 : result.failed > 0 || findings.length > 0 ? 1 : 0;
    const texts = findings.map((one) => `${one.code} ${one.object?.name} ${one.attribute}: ${one.cause}`);
    return {
      ...rest,
      exitCode,
      planned: (await store.apply.operations(result.plan.id, 0, 5)).map(describeOperation),
      outcome: result.outcome,
      operations: result.plan.operations,
      message: result.message,
      findings: texts,
      passwords: cycle.sent,
    };
  } catch (error) {
    const isKnown = error instanceof DirbridgeError;
    const message = isKnown ? `${error.code}: ${error.message}` : `${messageOf(error)}\n${(error as Error).stack}`;
    return { ...rest, exitCode: isKnown ? error.exitCode : 70, outcome: 'failed', message };
  } finally {
    await store?.close();
  }
}

function describeOperation({ action, type, name, changes, members }: Operation): string {
  const values = changes.map((one) => `${one.native} ${String(one.from)} -> ${String(one.to)}`);
  return `${action} ${type} ${name} (${[...values, `+${members.add} -${members.remove}`].join(', ')})`;
}

/** The answer of a request that writes by Graph has come to this process, and no further. The provisioning service is not reached by `fetch`. */
function watchSending(boundaries: Boundaries): typeof fetch {
  return async (input, init) => {
    const response = await fetchReally(input, init);
    if (String(input).endsWith('/$batch') && /"method":"(?!GET)/.test(String(init?.body)))
      boundaries.pass('after sending');
    return response;
  };
}

function describeContext(order: CycleOrder, store: Store, boundaries: Boundaries): EngineContext {
  const now = (): Date => new Date(order.clockStart + (Date.now() - order.clockStart) * order.haste + order.clockError);
  return {
    store,
    rules: RULES,
    sources: [{ connector: retryReads(openSource(order, now), { waits: [1, 4, 15] }), scope: order.scope }],
    target: watchPasswords(openTarget(order, now), boundaries),
    matching: { soft: true, hard: true },
    drift: { default: 'correct', attributes: {} },
    guards: NO_GUARDS,
    deletions: { disableFirst: false, after: null },
    now,
    log: SILENT_LOG,
    progress: () => undefined,
  };
}

/** The moments around each request with passwords. */
function watchPasswords(target: TargetConnector, boundaries: Boundaries): TargetConnector {
  const { passwordTarget } = target;
  if (passwordTarget === undefined) throw new Error('the tenant takes no passwords');
  const watched = overriding<PasswordTarget>(passwordTarget, {
    write: async (writes) => {
      boundaries.pass('before passwords are sent');
      const results = await passwordTarget.write(writes);
      boundaries.pass('after passwords were sent');
      return results;
    },
  });
  return overriding<TargetConnector>(target, { passwordTarget: watched });
}

function openSource({ source }: CycleOrder, now: () => Date): Connector {
  if (source.kind === 'memory') return remote;
  const section = adSource.section.parse({
    servers: [source.server],
    tls: { ca: source.ca },
    user: source.user,
    password: { env: 'PASSWORD' },
  });
  return adSource.create(section, connectorContext('corp', source.password, now));
}

function openTarget({ tenant, haste, timeout }: CycleOrder, now: () => Date): TargetConnector {
  const section = entraSection.parse({
    tenant: tenant.tenant,
    clientId: tenant.clientId,
    clientSecret: { env: 'SECRET' },
    via: tenant.via,
    graph: tenant.url,
    authority: tenant.url,
    timeout,
  });
  const pace = {
    now: () => performance.now() * haste,
    delay: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds / haste)),
    random: () => 0.5,
  };
  return createEntraConnector(section, connectorContext('tenant', tenant.clientSecret, now), { pace });
}

function connectorContext(name: string, secret: string, now: () => Date): ConnectorContext {
  return { name, log: SILENT_LOG, now, readSecret: () => secret, resolvePath: (path) => path };
}

process.on('message', (message: ToSubject) => {
  if (message.kind !== 'cycle') remote.take(message);
  else void runOrder(message.order).then((end) => tell({ kind: 'end', end }));
});
process.once('disconnect', () => process.exit(0));
tell({ kind: 'ready' });
