import { describe, expect, test } from 'vitest';
import { createMemoryLab, createTenant, user } from '../../test/memory/memory-lab.ts';
import { ENTRA_SCHEMA } from '../connectors/entra/schema.ts';
import { createSimpleSchema } from '../connectors/memory/simple-schema.ts';
import { countUpnSuffixes, describeUpnSuffixes } from './upn-suffixes.ts';

const NOW = new Date(Date.UTC(2030, 0, 1));

describe('the suffixes of user principal names', () => {
  test('are counted for users of the tenant alone, with those that are verified', async () => {
    const lab = await createMemoryLab();
    expect(await countUpnSuffixes(lab.store, lab.context.rules, NOW)).toBeNull();
    expect(describeUpnSuffixes(null)).toMatchObject([
      { state: 'ok', detail: expect.stringContaining('not known yet') },
    ]);
    for (const name of ['ann', 'bob']) lab.source.put(user(name));
    lab.source.put(user('eve', { userPrincipalName: 'eve@Corp.Local' }));
    lab.source.put(user('hidden', { userPrincipalName: 'x@hidden.example', mailNickname: 'SystemMailbox{1}' }));
    await lab.sync();
    const counted = await countUpnSuffixes(lab.store, lab.context.rules, NOW);
    expect(counted).toMatchObject({
      suffixes: [
        { suffix: 'contoso.com', users: 2, isVerified: true },
        { suffix: 'corp.local', users: 1, isVerified: false },
      ],
    });
    expect(describeUpnSuffixes(counted)).toMatchObject([
      { what: 'UPN suffix contoso.com', state: 'ok', detail: 'verified, 2 users' },
      {
        what: 'UPN suffix corp.local',
        state: 'warning',
        detail: expect.stringContaining('1 user with a name at contoso.onmicrosoft.com instead'),
        remedy: expect.stringContaining('Verify corp.local'),
      },
    ]);
  });
});

describe('a target that can carry proxyAddresses', () => {
  test('gets them as the tenant would compute them; Graph gets none', async () => {
    const account = user('ann', {
      mail: 'ann@contoso.com',
      mailNickname: 'ann',
      proxyAddresses: ['smtp:a@contoso.com', 'X400:c=us', 'smtp:a@contoso.onmicrosoft.com'],
    });
    const lab = await createMemoryLab({
      target: createTenant({ schema: createSimpleSchema(['mail', 'proxyAddresses']) }),
    });
    lab.source.put(account);
    await lab.sync();
    expect(lab.tenant()['user ann']?.['proxyAddresses']).toEqual(['SMTP:ann@contoso.com', 'smtp:a@contoso.com']);
    expect(await lab.operations(await lab.plan())).toEqual([]);
    const graph = await createMemoryLab({ target: createTenant({ schema: ENTRA_SCHEMA }) });
    graph.source.put(account);
    await graph.sync();
    expect(graph.tenant()['user ann']).not.toHaveProperty('proxyAddresses');
    expect(await graph.findings('target-cannot-carry-attribute')).toContainEqual(
      expect.objectContaining({ attribute: 'proxyAddresses' }),
    );
  });
});
