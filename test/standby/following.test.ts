import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { LOUD, type Server, TwoServers } from './two-servers.ts';

let company: TwoServers;
let one: Server;
let two: Server;

beforeEach(async () => {
  company = await TwoServers.start([{ name: 'ada', title: 'Countess' }]);
  one = await company.server('one');
  two = await company.server('two');
  await one.takeOver();
  await one.sync();
});

afterEach(async () => company.stop());

describe('the configuration of the server that writes', () => {
  test('is taken over before the other one plans: settings, rules, scopes, but not what is of each server', async () => {
    await two.configure({ store: 'sqlite:./own.db', sources: [{ ...(await one.sources())[0], path: '../corp.ldif' }] });
    await two.writeFile('own-secret', company.emulator.clientSecret, 0o600);
    await two.configure({ target: { ...(await two.target()), clientSecret: { file: './own-secret' } } });
    await one.writeFile('loud.yaml', LOUD);
    await one.configure({ rules: ['standard', './loud.yaml'], schedule: { every: '20m' } });
    await one.sync();
    const result = await two.sync();
    expect(result).toMatchObject({ plan: { operations: 0 } });
    expect((result.followed ?? []).map(({ area, name, key }) => `${area} ${name}${key}`).sort()).toEqual([
      'rule Loud titles',
      'setting schedule.every',
    ]);
    expect(await two.readConfig()).toMatchObject({
      store: 'sqlite:./own.db',
      standby: { server: 'two' },
      sources: [{ path: '../corp.ldif' }],
      target: { clientSecret: { file: './own-secret' } },
      schedule: { every: '20m' },
      rules: ['standard', expect.stringMatching(/^\.\/followed\/[0-9a-f]+\/rules\/loud\.yaml$/)],
    });
    expect(await readdir(two.folder)).toContain('dirbridge.yaml.before');
    expect((await two.sync()).followed).toBeUndefined();
  });

  test('is the one in force after a takeover, with nothing left to do by hand', async () => {
    await one.writeFile('loud.yaml', LOUD);
    await one.configure({ rules: ['standard', './loud.yaml'] });
    await one.sync();
    await two.sync();
    await company.pass(91);
    await two.takeOver();
    await company.write([{ name: 'ada', title: 'Analyst' }]);
    await two.sync();
    expect(await company.users()).toEqual({ ada: 'ANALYST' });
    // And back: the first one follows the second now.
    await two.configure({ schedule: { every: '10m' } });
    await two.sync();
    expect((await one.sync()).followed).toMatchObject([{ key: 'schedule.every', b: '10m' }]);
    expect(await one.readConfig()).not.toHaveProperty('staging');
  });

  test('leaves keys alone that are to be kept', async () => {
    await two.configure({ standby: { folder: company.shared, server: 'two', keep: ['schedule.every', 'guards'] } });
    const { guards } = (await two.readConfig()) ?? {};
    await one.configure({ schedule: { every: '20m' }, guards: {}, matching: { soft: false } });
    await one.sync();
    await two.sync();
    const config = await two.readConfig();
    expect(config).toMatchObject({ guards, matching: { soft: false } });
    expect(config?.['schedule']).not.toHaveProperty('every');
  });

  test('leaves what is there in force when it cannot be read, and says why', async () => {
    await company.breakConfiguration('one', (text) => `${text}\nnewKeyOfTheNextVersion: true\n`);
    const before = await two.readConfig();
    expect(await two.sync()).toMatchObject({ outcome: 'done', plan: { operations: 0 } });
    expect(await two.readConfig()).toEqual(before);
    expect(await two.findings('standby-configuration')).toMatchObject([
      {
        severity: 'warning',
        cause: expect.stringMatching(/of one \(dirbridge 1\.0\.0\) could not be taken over.*newKeyOfTheNextVersion/s),
      },
    ]);
    expect((await readdir(two.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    await one.configure({ schedule: { every: '20m' } });
    await one.sync();
    expect((await two.sync()).followed).toHaveLength(1);
    expect(await two.findings()).toEqual([]);
  });

  test('is taken whole: rule files that nobody names any more go', async () => {
    for (const name of ['loud', 'louder']) {
      await one.writeFile(`${name}.yaml`, LOUD.replace('Loud', name));
      await one.configure({ rules: ['standard', `./${name}.yaml`] });
      await one.sync();
      await two.sync();
    }
    const [version, ...others] = await readdir(join(two.folder, 'followed'));
    expect(others).toEqual([]);
    expect(await readdir(join(two.folder, 'followed', version ?? '', 'rules'))).toEqual(['louder.yaml']);
    await one.configure({ rules: ['standard'] });
    await one.sync();
    await two.sync();
    expect(await readdir(two.folder)).not.toContain('followed');
  });

  test('is not followed where the administrator wants it so', async () => {
    await two.configure({ standby: { folder: company.shared, server: 'two', follow: false } });
    await one.configure({ schedule: { every: '20m' } });
    await one.sync();
    expect((await two.sync()).followed).toBeUndefined();
    expect(await two.readConfig()).not.toHaveProperty('schedule');
  });
});

describe('a folder that somebody else has written to', () => {
  test('leads to no file outside of it, by no name', async () => {
    await company.rewritePresence('one', (presence) => ({ ...presence, configuration: '../evil' }));
    await expect(two.sync()).rejects.toMatchObject({ code: 'standby-folder' });
    expect(await readdir(two.folder)).not.toContain('evil');
  });

  test('shows no file that a link leads to', async () => {
    await one.writeFile('loud.yaml', LOUD);
    await one.configure({ rules: ['standard', './loud.yaml'] });
    await one.sync();
    await company.linkRules('one', join(two.folder, 'client-secret'));
    await two.sync();
    const [told] = await two.findings('standby-configuration');
    expect(told?.cause).toContain('is no plain file');
    expect(told?.cause).not.toContain(company.emulator.clientSecret);
  });
});

describe('the file that is replaced', () => {
  test('keeps its rights, and what the administrator wrote lies beside it', async () => {
    await chmod(two.configFile, 0o600);
    const before = await two.readConfig();
    for (const every of ['20m', '10m']) {
      await one.configure({ schedule: { every } });
      await one.sync();
      await two.sync();
    }
    expect((await stat(two.configFile)).mode & 0o777).toBe(0o600);
    expect(parse(await readFile(`${two.configFile}.before`, 'utf8'))).toEqual(before);
  });

  test('keeps whole sources, and a key that names nothing is told', async () => {
    await two.configure({ standby: { folder: company.shared, server: 'two', keep: ['sources.corp'] } });
    await one.configure({ sources: [{ ...(await one.sources())[0], scope: { include: ['DC=contoso,DC=com'] } }] });
    await one.sync();
    await two.sync();
    expect((await two.sources())[0]).not.toHaveProperty('scope');
    await two.configure({ standby: { folder: company.shared, server: 'two', keep: ['sources.crop.path'] } });
    await two.sync();
    expect(await two.findings('standby-configuration')).toMatchObject([
      { cause: expect.stringContaining('standby.keep: sources.crop.path names no source of this server') },
    ]);
  });
});

describe('the folder of the servers', () => {
  test('holds no secret, and nothing that other accounts may read', async () => {
    await one.sync();
    for (const name of await readdir(company.shared, { recursive: true })) {
      const file = await stat(join(company.shared, name));
      expect(file.mode & 0o077, name).toBe(file.isDirectory() ? 0o070 : 0o060);
    }
    expect(await company.sharedTexts()).not.toContain(company.emulator.clientSecret);
  });

  test('that cannot be written keeps the server from writing, with the file that it could not write', async () => {
    if (process.getuid?.() === 0) return;
    await chmod(company.shared, 0o500);
    await expect(one.sync()).rejects.toMatchObject({ code: 'standby-folder' });
    await chmod(company.shared, 0o700);
  });
});
