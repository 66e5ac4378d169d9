import { join } from 'node:path';
import { z } from 'zod';
import { type LabEmulator, startLabEmulator } from '../test/lab/lab-emulator.ts';
import { signInAs } from '../test/lab/sign-in-as.ts';
import type { TargetDescription } from './measured/rig.ts';
import { DOMAIN } from './population.ts';

const stats = z.object({
  requests: z.array(z.object({ method: z.string(), path: z.string(), status: z.number(), count: z.number() })),
  directoryWrites: z.number(),
  throttled: z.number(),
  mostAtOnce: z.number(),
});
export type TenantStats = z.infer<typeof stats>;

/** An emulated tenant in a process of its own. */
export class EmulatedTenant {
  readonly target: TargetDescription & { readonly kind: 'entra' };
  readonly #emulator: LabEmulator;

  private constructor(emulator: LabEmulator) {
    this.#emulator = emulator;
    const { url, tenant, clientId, clientSecret } = emulator;
    this.target = { kind: 'entra', url, tenant, clientId, clientSecret };
  }

  /** `throttle`: `off`, or what the documented limits are multiplied by. */
  static async start(folder: string, throttle: 'off' | number, isSynchronized = false): Promise<EmulatedTenant> {
    const args = ['--port', '0', '--domain', DOMAIN, '--throttle', String(throttle), '--random-seed', '7'];
    if (isSynchronized) args.push('--synchronization');
    return new EmulatedTenant(await startLabEmulator(args, join(folder, 'emulator.log')));
  }

  async stats(): Promise<TenantStats> {
    return stats.parse(await this.#get('stats'));
  }

  /** What somebody is told who signs in. */
  signIn(userPrincipalName: string, password: string): Promise<string> {
    return signInAs(this.#emulator, userPrincipalName, password);
  }

  /** Every object that the tenant holds. */
  async dump(): Promise<Readonly<Record<string, unknown>>> {
    return z.record(z.string(), z.unknown()).parse(await this.#get('dump'));
  }

  async stop(): Promise<void> {
    await this.#emulator.server.stop();
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#emulator.url}/emulator/${path}`);
    if (!response.ok) throw new Error(`the emulator answered ${response.status} to ${path}`);
    return response.json();
  }
}
