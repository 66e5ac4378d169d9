import { expect, test } from 'vitest';
import { createMemoryLab, user } from '../../test/memory/memory-lab.ts';
import type { MemoryEntry } from '../connectors/memory/directory.ts';

const CERTIFICATE = new Uint8Array([0x30, 0x82, 1, 2]);

function computer(name: string, userCertificate: readonly Uint8Array[]): MemoryEntry {
  const { userPrincipalName: _none, ...attributes } = { userPrincipalName: '', ...user(name).attributes };
  return { ...user(name), type: 'computer', attributes: { ...attributes, cn: name, userCertificate } };
}

test('a registered computer is told as something that Graph cannot create; others are nothing to tell of', async () => {
  const lab = await createMemoryLab();
  lab.source.put(computer('pc1', [CERTIFICATE]));
  lab.source.put({ ...computer('pc2', []), attributes: { ...user('pc2').attributes, cn: 'pc2' } });
  await lab.sync();
  const told = (await lab.findings()).map((one) => `${one.code} ${one.object?.name}`);
  expect(told).toEqual(['target-cannot-carry-object pc1']);
  expect(lab.tenant()).toEqual({});
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
  // It was taken out of service: what was told of it is taken back.
  lab.source.edit(user('pc1').anchor, { attributes: { userCertificate: null } });
  await lab.sync();
  expect(await lab.findings()).toEqual([]);
});
