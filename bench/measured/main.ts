// The process that is measured: it holds one rig, answers the calls of the bench one after the other, and ends when the bench does.
import process from 'node:process';
import { keepHeapSmall } from '../../src/cli/heap.ts';
import { readPeakMemory } from './peak-memory.ts';
import { Rig, type RigDescription } from './rig.ts';

/** What the bench may ask. */
export type Call =
  | { readonly name: 'open'; readonly rig: RigDescription }
  | { readonly name: 'import'; readonly profile: boolean }
  | { readonly name: 'cycle'; readonly apply: boolean; readonly profile: boolean }
  | { readonly name: 'passwordCycle' }
  | { readonly name: 'readPasswords' }
  | { readonly name: 'derive'; readonly count: number }
  | { readonly name: 'changeMember'; readonly group: 'small' | 'large' }
  | { readonly name: 'changeRule'; readonly value: string }
  | { readonly name: 'countRows'; readonly apply: boolean }
  | { readonly name: 'watermark' }
  | { readonly name: 'peakMemory' }
  | { readonly name: 'close' };

// As the command line does.
keepHeapSmall();

let rig: Rig | null = null;
let last: Promise<unknown> = Promise.resolve();

async function answer(call: Call): Promise<unknown> {
  if (call.name === 'open') {
    rig = await Rig.open(call.rig);
    return null;
  }
  if (call.name === 'peakMemory') return readPeakMemory();
  if (rig === null) throw new Error('the first call must be "open"');
  switch (call.name) {
    case 'import':
      return rig.importSource(call.profile);
    case 'cycle':
      return rig.cycle(call.apply, call.profile);
    case 'passwordCycle':
      return rig.passwordCycle();
    case 'readPasswords':
      return rig.readPasswords();
    case 'derive':
      return rig.derive(call.count);
    case 'changeMember':
      return rig.changeMember(call.group);
    case 'changeRule':
      return rig.changeRule(call.value);
    case 'countRows':
      return rig.countRows(call.apply);
    case 'watermark':
      return rig.watermark();
    case 'close':
      return rig.close();
  }
}

function send(message: object): void {
  process.send?.(message);
}

process.on('message', (call: Call) => {
  last = last
    .then(() => answer(call))
    .then(
      (value) => send({ value }),
      (error: unknown) => send({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
});
process.on('disconnect', () => process.exit());
