import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { type SambaDomain, startSamba } from '../../../test/lab/samba.ts';
import { SILENT_LOG } from '../../log.ts';
import type { Connector, PasswordMark, PasswordMarkEvent, PasswordMarkSource } from '../connector.ts';
import { adSource } from './connector.ts';

describe.skipIf(!directoryServersAvailable())('when passwords were set', () => {
  let domain: SambaDomain;
  let connector: Connector;
  let marks: PasswordMarkSource;

  beforeAll(async () => {
    domain = await startSamba();
    for (const name of ['ann', 'bob', 'cid (x) Ö']) await domain.samba(['user', 'create', name, 'First-Word-1']);
    await domain.samba(['computer', 'create', 'desk1']);
    // No right but what every account has.
    const account = await domain.addServiceAccount({ replicationRights: false });
    const section = adSource.section.parse({
      servers: [domain.ldapsUrl],
      tls: { ca: domain.ca },
      user: account.user,
      password: { env: 'PASSWORD' },
      pageSize: 2,
    });
    connector = adSource.create(section, {
      name: 'corp',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: () => account.password,
      resolvePath: (path) => path,
    });
    if (connector.passwordMarks === undefined) throw new Error('no marks');
    marks = connector.passwordMarks;
  }, 120_000);

  afterAll(async () => {
    await connector?.close();
    await domain?.stop();
  });

  async function find(name: string): Promise<PasswordMark> {
    const mark = await marks.find(name);
    if (mark === null) throw new Error(`${name} is not there`);
    return mark;
  }

  async function read(watermark: string | null) {
    const events: PasswordMarkEvent[] = [];
    for await (const event of marks.read(watermark)) events.push(event);
    const begin = events[0];
    const end = events.at(-1);
    if (begin?.kind !== 'begin' || end?.kind !== 'end') throw new Error('no begin or no end');
    const all = events.flatMap((event) => (event.kind === 'page' ? event.marks : []));
    return {
      mode: begin.mode,
      reason: begin.reason,
      watermark: end.watermark,
      anchors: all.map(({ anchor }) => anchor),
    };
  }

  test('is told of an account by its name, to whoever may read users', async () => {
    const before = Date.now();
    const first = await find('ann');
    await domain.samba(['user', 'setpassword', 'ann', '--newpassword=Second-Word-2']);
    const second = await find('ANN');
    expect(second).toMatchObject({ anchor: first.anchor, version: first.version + 1, mustChange: false });
    const [changed, set] = [Date.parse(second.changedAt), Date.parse(second.setAt ?? '')];
    // One is cut off to the second, the other is when the change began.
    expect(changed).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(set).toBeGreaterThanOrEqual(before);
    expect(set).toBeLessThan(changed + 1000);
  });

  test('is told with what decides whether a password is sent', async () => {
    await domain.samba(['user', 'setpassword', 'bob', '--newpassword=Second-Word-2', '--must-change-at-next-login']);
    await domain.samba(['user', 'disable', 'bob']);
    await domain.samba(['user', 'setexpiry', 'bob', '--days=3']);
    const mark = await find('bob');
    expect(mark).toMatchObject({ mustChange: true, setAt: null, isDisabled: true, isSmartCardRequired: false });
    expect(Date.parse(mark.expiresAt ?? '')).toBeGreaterThan(Date.now());
    expect((await find('ann')).expiresAt).toBe(null);
  });

  test('is told of nobody else: names are names, whatever is in them', async () => {
    await expect(find('cid (x) Ö')).resolves.toMatchObject({ version: expect.any(Number) });
    expect(await marks.find('*')).toBe(null);
    expect(await marks.find('nobody')).toBe(null);
    expect(await marks.find('desk1$')).toBe(null);
  });

  test('is read of everybody, then of whoever has changed', async () => {
    const all = await read(null);
    expect([all.mode, all.reason]).toEqual(['full', null]);
    expect(all.anchors).toContain((await find('ann')).anchor);
    expect(new Set(all.anchors).size).toBe(all.anchors.length);
    expect(await read(all.watermark)).toMatchObject({ mode: 'delta', anchors: [] });
    await domain.samba(['user', 'setpassword', 'ann', '--newpassword=Third-Word-3']);
    const { anchors, mode } = await read(all.watermark);
    expect([mode, anchors]).toEqual(['delta', [(await find('ann')).anchor]]);
  });

  test.each([
    '',
    'nonsense',
    '00000000-0000-0000-0000-000000000000 5',
    'passwords of another method',
  ])('is read of everybody after a watermark that means something else: %j', async (watermark) => {
    expect(await read(watermark)).toMatchObject({
      mode: 'full',
      reason: expect.stringContaining('mean something else'),
    });
  });

  test('is read of single accounts', async () => {
    const { anchor } = await find('ann');
    const found: PasswordMark[] = [];
    for await (const page of marks.fetch([anchor, '00000000-0000-4000-8000-000000000000'])) found.push(...page);
    expect(found).toEqual([await find('ann')]);
  });

  test('can be read, says the check', async () => {
    const lines = [];
    for await (const line of marks.check()) lines.push(line);
    expect(lines).toMatchObject([{ state: 'ok', what: 'times of passwords' }]);
  });
});
