import process from 'node:process';
import type { PasswordMark } from '../../src/connectors/connector.ts';
import { entraSection } from '../../src/connectors/entra/config.ts';
import { createEntraConnector } from '../../src/connectors/entra/connector.ts';
import { SILENT_LOG } from '../../src/log.ts';
import { startCaptureServer } from '../../src/passwords/capture/capture-server.ts';
import { ClearPasswords } from '../../src/passwords/capture/clear-passwords.ts';
import type { HandOver } from '../../src/passwords/capture/hand-over-request.ts';
import { HeldPasswords } from '../../src/passwords/capture/held-passwords.ts';

/**
 * A process through which passwords go from the socket to the tenant: arguments are the socket, what the emulated tenant says of itself, and `hold` to keep what came. Each password
 * is answered with one line.
 */
const [path = '', about = '{}', mode] = process.argv.slice(2);
const { url, tenant, clientId, clientSecret } = JSON.parse(about) as Readonly<Record<string, string>>;

const section = entraSection.parse({ tenant, clientId, clientSecret: { env: 'X' }, graph: url, authority: url });
const { clearPasswordTarget } = createEntraConnector(section, {
  name: 'tenant',
  log: SILENT_LOG,
  now: () => new Date(),
  readSecret: () => clientSecret ?? '',
  resolvePath: (one) => one,
});
if (clearPasswordTarget === undefined) throw new Error('no passwords can be set');
const target = new ClearPasswords(clearPasswordTarget, { mayForceChange: false, expires: false });
const held = new HeldPasswords({ now: Date.now, hold: 60_000 });
let version = 0;

/** As if the domain had taken it at once; the account is named by its id in the tenant. */
async function send({ account, at }: HandOver): Promise<void> {
  const mark: PasswordMark = {
    anchor: account,
    version: ++version,
    changedAt: new Date(Math.floor(at / 1000) * 1000).toISOString(),
    setAt: new Date(at).toISOString(),
    mustChange: false,
    isDisabled: false,
    isSmartCardRequired: false,
    expiresAt: null,
  };
  held.look({ source: 'corp', account }, mark);
  const credential = held.copyOf('corp', mark) ?? new Uint8Array();
  const write = { anchor: account, targetId: account, credential, changedAt: mark.changedAt, forceChange: false };
  const [result] = await target.write([write]);
  credential.fill(0);
  held.release('corp', mark);
  console.log(`${result?.outcome} ${held.size}`);
}

await startCaptureServer({
  path,
  access: 'owner',
  log: SILENT_LOG,
  take: (one) => {
    held.take('corp', one);
    if (mode === 'hold') console.log(`held ${held.size}`);
    else void send(one);
    return null;
  },
});
console.log('ready');
