import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, type MemoryLab, user } from '../../test/memory/memory-lab.ts';
import { loadRuleSet, type RuleSet } from '../rules/rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Two attributes of the source to other mail addresses of the tenant, merged there. */
function rulesOf(merge: string): RuleSet {
  const file = join(folder, `${merge}.yaml`);
  const inward =
    'name: In mails, direction: inbound, connector: source, from: user, to: person, precedence: 1, flows: { firstMail: info, secondMails: otherTelephone }';
  const out = ['firstMail', 'secondMails'].map(
    (name, at) =>
      `name: Out ${name}, direction: outbound, connector: tenant, from: person, to: user, link: join, precedence: ${at + 2}, flows: { otherMails: { attribute: ${name}, merge: ${merge} }, title: { attribute: title, merge: ${merge} } }`,
  );
  const shipped =
    'name: Out to AAD - User ExchangeOnline, direction: outbound, connector: tenant, from: person, to: user, link: join, precedence: 125, flows: { department: department }';
  writeFileSync(file, `rules:\n${[inward, ...out, shipped].map((rule) => `  - { ${rule} }\n`).join('')}`);
  return loadRuleSet(['standard', file]);
}

const FOLDED = rulesOf('merge-case-insensitive');

async function companyOf(rules: RuleSet): Promise<MemoryLab> {
  const lab = await createMemoryLab({ rules });
  lab.source.put(user('ann', { info: 'a@contoso.com', otherTelephone: ['b@contoso.com', 'A@contoso.com'] }));
  await lab.sync();
  return lab;
}

function mails(lab: MemoryLab): unknown {
  return lab.tenant()['user ann']?.['otherMails'];
}

function inTenant(lab: MemoryLab, otherMails: readonly string[]): void {
  const [ann] = [...lab.target.tenant.directory.objects()];
  lab.target.tenant.edit(ann?.anchor ?? '', { attributes: { otherMails } });
}

function inSource(lab: MemoryLab, info: string | null): void {
  lab.source.edit(guid('ann'), { attributes: { info } });
}

async function expectAtRest(lab: MemoryLab): Promise<void> {
  expect(await lab.operations(await lab.plan())).toEqual([]);
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

describe('an outbound merge', () => {
  test('unites the values of all rules, case apart or not', async () => {
    expect(mails(await companyOf(FOLDED))).toEqual(['a@contoso.com', 'b@contoso.com']);
    const exact = await companyOf(rulesOf('merge'));
    expect(mails(exact)).toEqual(['a@contoso.com', 'b@contoso.com', 'A@contoso.com']);
    await expectAtRest(exact);
  });

  test('leaves the values that the tenant has by itself, in whatever order it holds them', async () => {
    const lab = await companyOf(FOLDED);
    inTenant(lab, ['own@fabrikam.com', 'b@contoso.com', 'a@contoso.com']);
    await expectAtRest(lab);
    inSource(lab, 'new@contoso.com');
    await lab.sync();
    expect(mails(lab)).toEqual(['new@contoso.com', 'b@contoso.com', 'A@contoso.com', 'own@fabrikam.com']);
    await expectAtRest(lab);
  });

  test('takes back what it gave and gives no more, also after plans that nobody applied', async () => {
    const lab = await companyOf(FOLDED);
    inTenant(lab, ['own@fabrikam.com', 'b@contoso.com', 'a@contoso.com']);
    lab.source.edit(guid('ann'), { attributes: { info: null, otherTelephone: null } });
    for (let again = 0; again < 3; again++) {
      const planned = await lab.plan({ full: again === 1 });
      expect(await lab.operations(planned)).toEqual(['update user ann: otherMails own@fabrikam.com']);
    }
    await lab.sync();
    expect(mails(lab)).toEqual(['own@fabrikam.com']);
    await expectAtRest(lab);
  });

  test('puts a value of ours back, and lets one stay that somebody put there after we had taken it back', async () => {
    const lab = await companyOf(FOLDED);
    inTenant(lab, ['b@contoso.com']);
    await lab.sync();
    expect(mails(lab)).toEqual(['a@contoso.com', 'b@contoso.com']);
    lab.source.edit(guid('ann'), { attributes: { otherTelephone: null } });
    await lab.sync();
    expect(mails(lab)).toEqual(['a@contoso.com']);
    inTenant(lab, ['a@contoso.com', 'b@contoso.com']);
    await expectAtRest(lab);
  });

  test('clears the attribute when nothing is left', async () => {
    const lab = await companyOf(FOLDED);
    lab.source.edit(guid('ann'), { attributes: { info: null, otherTelephone: null } });
    await lab.sync();
    expect(mails(lab)).toBeUndefined();
    await expectAtRest(lab);
  });

  test('treats an attribute of one value as an update does', async () => {
    const lab = await companyOf(FOLDED);
    lab.source.edit(guid('ann'), { attributes: { title: 'Boss' } });
    await lab.sync();
    expect(lab.tenant()['user ann']?.['title']).toBe('Boss');
    lab.source.edit(guid('ann'), { attributes: { title: null } });
    await lab.sync();
    expect(lab.tenant()['user ann']).not.toHaveProperty('title');
  });

  test('survives that the answer of a write never came', async () => {
    const lab = await companyOf(FOLDED);
    inSource(lab, 'new@contoso.com');
    lab.target.breakAfter(1, new Error('broken off'));
    await expect(lab.sync()).rejects.toThrow('broken off');
    expect(mails(lab)).toContain('new@contoso.com');
    lab.target.breakAfter(1_000_000, new Error('never'));
    await lab.sync();
    inSource(lab, null);
    await lab.sync();
    expect(mails(lab)).not.toContain('new@contoso.com');
    expect(mails(lab)).not.toContain('a@contoso.com');
    await expectAtRest(lab);
  });
});

test('an update has the attribute to itself', async () => {
  const lab = await companyOf(rulesOf('update'));
  inTenant(lab, ['own@fabrikam.com', 'a@contoso.com']);
  await lab.sync();
  expect(mails(lab)).toEqual(['a@contoso.com']);
  lab.source.put(group('g', ['ann']));
  await lab.sync();
  await expectAtRest(lab);
});
