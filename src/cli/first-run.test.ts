import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const FIRST_RUN = fileURLToPath(new URL('../../examples/first-run/run.ts', import.meta.url));

test('the example of npm start shows plan, apply, a sync of only what changed, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dirbridge-example-'));
  const child = spawn(process.execPath, [FIRST_RUN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => {
      out += piece;
    });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(out).not.toContain('did not come through');
  expect(code).toBe(0);
  expect(out).toContain('Create (48)');
  const [, later = ''] = out.split('A day later');
  expect(later).toContain('Create (1)');
  expect(later).toContain('userPrincipalName  "emma.carter@kestrel.example" -> "emma.bailey@kestrel.example"');
  expect(later).toContain('accountEnabled  true -> false');
  expect(later).toContain('Delete (1)\n  - user josef.wagner@kestrel.example');
  expect(later).toContain('Memberships (2 to add, 1 to remove, in 2 groups)');
  expect(later).toContain('Nothing to do: the tenant is in step.');
  expect(later).toContain('error value-conflict');
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
