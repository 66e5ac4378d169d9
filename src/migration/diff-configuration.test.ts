import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/lab/temporary-folder.ts';
import { diffConfigs } from '../app.ts';
import { DirbridgeError } from '../errors.ts';
import { standardRuleFiles } from '../rules/rule-set.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-diff-');
});

afterEach(() => removeTemporaryFolder(folder));

// ------------------------------------------------------------ configurations as values

type Keys = Record<string, unknown>;

interface Sample {
  readonly config: Keys & { sources: Keys[]; target: Keys; rules: string[] };
  /** Rule files by name. */
  readonly files: Record<string, { rules?: Keys[]; disable?: unknown[]; override?: Keys[] }>;
}

const EXPRESSION = 'IIF(IsPresent([department]), Trim([department]) & " / " & [company], NULL)';

function sample(): Sample {
  return {
    config: {
      sources: [
        {
          name: 'corp',
          kind: 'ad',
          servers: ['ldaps://dc1.corp.example.com', 'ldaps://dc2.corp.example.com'],
          user: 'svc@corp.example.com',
          password: { file: './corp-password' },
          scope: {
            include: ['OU=Sales,DC=corp,DC=example,DC=com', 'OU=IT,DC=corp,DC=example,DC=com'],
            groups: ['CN=Pilot,OU=Groups,DC=corp,DC=example,DC=com'],
          },
        },
        { name: 'partners', kind: 'ldif', path: './partners.ldif' },
        { name: 'staff', kind: 'csv', path: './staff.csv', anchor: 'No', columns: { No: 'employeeID', Name: 'cn' } },
      ],
      target: {
        kind: 'entra',
        tenant: 'contoso.onmicrosoft.com',
        clientId: '0a000000-0000-0000-0000-00000000000b',
        clientSecret: { env: 'CLIENT_SECRET' },
      },
      schedule: { every: '30m' },
      rules: ['standard', './own.yaml'],
    },
    files: {
      'own.yaml': {
        disable: ['In from AD - Contact Common'],
        override: [{ rule: 'Out to AAD - Group Join', precedence: 40 }],
        rules: [
          {
            name: 'Interns',
            direction: 'inbound',
            connector: 'source',
            from: 'user',
            to: 'person',
            precedence: 50,
            scope: [
              [
                { attribute: 'employeeType', operator: 'ISIN', value: ['Intern', 'Trainee'] },
                { attribute: 'mail', operator: 'ISNOTNULL' },
              ],
              [{ attribute: 'userAccountControl', operator: 'ISBITNOTSET', value: 2 }],
              [{ operator: 'ISMEMBEROF', value: 'CN=Interns,OU=Groups,DC=corp,DC=example,DC=com' }],
            ],
            join: [
              [
                { space: 'employeeID', metaverse: 'employeeID' },
                { space: 'mail', metaverse: 'mail' },
              ],
              [{ space: 'sAMAccountName', metaverse: 'accountName' }],
            ],
            flows: { department: { expression: EXPRESSION }, title: 'title', city: { constant: '5' } },
          },
          {
            name: 'Phones',
            direction: 'inbound',
            connector: 'source',
            from: 'user',
            to: 'person',
            precedence: 51,
            flows: { telephoneNumber: 'mobile', ownPhones: { attribute: 'otherTelephone', merge: 'merge' } },
          },
        ],
      },
    },
  };
}

function sourceOf({ config }: Sample, name: string): Keys {
  return config.sources.find((one) => one['name'] === name) ?? {};
}

function ruleOf({ files }: Sample, name: string): Keys & { scope: Keys[][]; join: Keys[][]; flows: Keys } {
  const found = Object.values(files)
    .flatMap(({ rules = [] }) => rules)
    .find((one) => one['name'] === name);
  return found as ReturnType<typeof ruleOf>;
}

function scopeOf(one: Sample): { include: string[]; groups: string[] } {
  return sourceOf(one, 'corp')['scope'] as { include: string[]; groups: string[] };
}

function write(
  name: string,
  { config, files }: Sample,
  print: (value: unknown) => string = (one) => stringify(one),
): string {
  const place = join(folder, name);
  for (const [file, content] of Object.entries({ 'dirbridge.yaml': config, ...files })) {
    mkdirSync(dirname(join(place, file)), { recursive: true });
    writeFileSync(join(place, file), print(content));
  }
  return place;
}

type Change = (one: Sample) => void;

function changed(change: Change): Sample {
  const one = sample();
  change(one);
  return one;
}

/** What differs between the sample and itself with a change, as `AREA NAME KEY: A -> B`. */
function tell(change: Change): readonly string[] {
  const { differences } = diffConfigs(write('a', sample()), write('b', changed(change)));
  return differences.map(({ area, name, key, kind, a, b }) => {
    const where = [area, name, key].filter((part) => part !== '').join(' ');
    return kind === 'changed'
      ? `${where}: ${a} -> ${b}`
      : `${where} ${kind}${a === null ? '' : ` ${a}`}${b === null ? '' : ` ${b}`}`;
  });
}

// ------------------------------------------------------------ what means the same

const SAME: Readonly<Record<string, Change>> = {
  'a duration in another unit': ({ config }) => {
    config['schedule'] = { every: '1800s', passwords: '120s' };
  },
  'a default written out or left out': (one) => {
    one.config['staging'] = false;
    one.config['store'] = 'sqlite:./dirbridge.db';
    one.config['guards'] = { deletions: { count: 500 } };
    one.config['identity'] = { join: 'none' };
    one.config.target['concurrency'] = 8;
    one.config.target['timeout'] = 90;
    sourceOf(one, 'corp')['timeouts'] = { connect: '10000ms', request: '120s' };
    sourceOf(one, 'corp')['delta'] = 'auto';
    sourceOf(one, 'partners')['attributes'] = { samaccountname: 'UID' };
    sourceOf(one, 'staff')['type'] = 'user';
    Object.assign(ruleOf(one, 'Phones'), { link: 'join', disabled: false, description: 'told', tag: 'x' });
    delete one.config['schedule'];
  },
  'hosts, ports and names of accounts and tenants in another spelling': (one) => {
    sourceOf(one, 'corp')['servers'] = ['ldaps://DC1.corp.example.com:636', 'LDAPS://dc2.CORP.example.com'];
    sourceOf(one, 'corp')['user'] = 'SVC@corp.example.com';
    one.config.target['tenant'] = 'Contoso.onmicrosoft.com';
    one.config.target['clientId'] = '0A000000-0000-0000-0000-00000000000B';
  },
  'DNs in another order, case and spacing, or twice': (one) => {
    scopeOf(one).include = [
      'ou=it, dc=corp, dc=example, dc=com',
      'OU=sales,DC=CORP,DC=example,DC=com',
      'OU=Sales,DC=corp,DC=example,DC=com',
    ];
    scopeOf(one).groups = ['cn=pilot , ou=groups,dc=corp,dc=example,dc=com'];
  },
  'the long forms of the columns of a CSV file': (one) => {
    Object.assign(sourceOf(one, 'staff'), {
      anchor: ['No'],
      columns: { Name: { attribute: 'CN' }, No: ['employeeID'] },
    });
  },
  'a path that says the same in other words': (one) => {
    sourceOf(one, 'corp')['password'] = { file: 'secrets/../corp-password' };
    sourceOf(one, 'partners')['path'] = join(folder, 'b', 'partners.ldif');
  },
  'clauses, groups of a scope and conditions of a join in another order': (one) => {
    const rule = ruleOf(one, 'Interns');
    rule.scope = rule.scope.toReversed().map((group) => group.toReversed());
    rule.join = rule.join.map((group) => group.toReversed());
  },
  'values of clauses in another spelling': (one) => {
    ruleOf(one, 'Interns').scope = [
      [
        { attribute: 'employeeType', operator: 'ISIN', value: 'trainee; INTERN' },
        { attribute: 'mail', operator: 'ISNOTNULL' },
      ],
      [{ attribute: 'userAccountControl', operator: 'ISBITNOTSET', value: '&H2' }],
      [{ operator: 'ISMEMBEROF', value: 'cn=interns, ou=groups,dc=corp,dc=example,dc=com' }],
    ];
  },
  'an expression with other blanks, parentheses and words in another case': (one) => {
    ruleOf(one, 'Interns').flows['department'] = {
      expression: 'IIF( (IsPresent( [department] )),Trim([department])&" / "&[company],\n null )',
    };
  },
  'the long form of a flow, and the other word for update': (one) => {
    ruleOf(one, 'Phones').flows['telephoneNumber'] = { attribute: 'mobile', merge: 'replace' };
  },
  'rules in other files, in another order': (one) => {
    one.files['second.yaml'] = { rules: [ruleOf(one, 'Phones')] };
    one.files['own.yaml'] = { ...one.files['own.yaml'], rules: [ruleOf(one, 'Interns')] };
    one.config.rules = ['standard', 'second.yaml', 'own.yaml'];
  },
  'a rule disabled in another way': ({ files }) => {
    const own = files['own.yaml'];
    if (own) own.disable = [{ rule: 'In from AD - Contact Common', madeFor: 'x' }];
  },
};

describe('means the same:', () => {
  test.each(Object.entries(SAME))('%s', (_name, change) => expect(tell(change)).toEqual([]));

  test('a file of rules that repeats a shipped rule unchanged', () => {
    const one = sample();
    one.files['own.yaml']?.rules?.push(shippedAgain('In from AD - User AccountEnabled'));
    expect(diffConfigs(write('a', sample()), write('b', one)).differences).toEqual([]);
  });

  test('a file given by its name and by its folder', () => {
    const place = write('a', sample());
    const { a, b, differences } = diffConfigs(place, join(place, 'dirbridge.yaml'));
    expect([differences, a.file]).toEqual([[], b.file]);
  });

  test('certificates in files of another name and order', () => {
    const [one, two] = ['AAAA', 'BBBB'].map(
      (text) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
    );
    const withCa = (file: string) => changed((of) => Object.assign(sourceOf(of, 'corp'), { tls: { ca: file } }));
    const [a, b, c] = [write('a', withCa('ca.pem')), write('b', withCa('other.pem')), write('c', withCa('ca.pem'))];
    writeFileSync(join(a, 'ca.pem'), `${one}${two}`);
    writeFileSync(join(b, 'other.pem'), `subject=two\r\n${two}# and\n${one}`);
    writeFileSync(join(c, 'ca.pem'), `${one}`);
    expect(diffConfigs(a, b).differences).toEqual([]);
    expect(diffConfigs(a, c).differences).toMatchObject([
      { area: 'source', name: 'corp', key: 'tls.ca', kind: 'changed' },
    ]);
  });
});

/** A shipped rule as somebody would copy it into a file. */
function shippedAgain(name: string): Keys {
  const files = standardRuleFiles().map(
    (file) => parse(readFileSync(file, 'utf8')) as { readonly rules: readonly Keys[] },
  );
  const rule = files.flatMap(({ rules }) => rules).find((one) => one['name'] === name);
  return rule ?? expect.fail(`there is no shipped rule ${name}`);
}

// ------------------------------------------------------------ what differs

const DIFFERENT: Readonly<Record<string, readonly [Change, readonly string[]]>> = {
  'a setting': [
    ({ config }) => Object.assign(config, { guards: { deletions: { count: 9 } } }),
    ['setting guards.deletions.count: 500 -> 9'],
  ],
  'a schedule': [
    ({ config }) => Object.assign(config, { schedule: { every: '2h' } }),
    ['setting schedule.every: 30m -> 2h'],
  ],
  staging: [({ config }) => Object.assign(config, { staging: true }), ['setting staging: false -> true']],
  'the store': [
    ({ config }) => Object.assign(config, { store: 'sqlite:/var/x.db' }),
    ['setting store: sqlite:./dirbridge.db -> sqlite:/var/x.db'],
  ],
  'identity, as a setting and not as the rules that it changes': [
    ({ config }) => Object.assign(config, { identity: { join: 'sid', sourceAnchor: { attribute: 'employeeID' } } }),
    ['setting identity.join: none -> sid', 'setting identity.sourceAnchor: auto -> attribute employeeID'],
  ],
  'without the shipped rules, as a setting': [
    (one) => {
      one.config.rules = ['./own.yaml'];
      one.files['own.yaml'] = { rules: one.files['own.yaml']?.rules ?? [] };
    },
    ['setting rules: with the shipped rules -> without the shipped rules'],
  ],
  'the order of sources': [
    ({ config }) => config.sources.reverse(),
    ['setting order of sources: corp, partners, staff -> staff, partners, corp'],
  ],
  'a source more': [
    ({ config }) => config.sources.push({ name: 'new', kind: 'ldif', path: 'x' }),
    ['source new only-in-b new'],
  ],
  'a source fewer': [({ config }) => config.sources.pop(), ['source staff only-in-a staff']],
  'a renamed source': [
    (one) => Object.assign(sourceOf(one, 'staff'), { name: 'people' }),
    ['source staff renamed staff people'],
  ],
  'a renamed source that is another one': [
    (one) => Object.assign(sourceOf(one, 'partners'), { name: 'friends', path: './other.ldif' }),
    ['source partners only-in-a partners', 'source friends only-in-b friends'],
  ],
  'servers in another order, which is that of fail-over': [
    (one) => (sourceOf(one, 'corp')['servers'] as string[]).reverse(),
    [
      'source corp servers: ldaps://dc1.corp.example.com, ldaps://dc2.corp.example.com -> ldaps://dc2.corp.example.com, ldaps://dc1.corp.example.com',
    ],
  ],
  'where a secret comes from': [
    (one) => Object.assign(sourceOf(one, 'corp'), { password: { env: 'PW' } }),
    ['source corp password: file ./corp-password -> environment variable PW'],
  ],
  'a container': [
    (one) => scopeOf(one).include.splice(0, 1, 'OU=HR,DC=corp,DC=example,DC=com'),
    [
      'source corp scope.include only-in-a OU=Sales,DC=corp,DC=example,DC=com',
      'source corp scope.include only-in-b OU=HR,DC=corp,DC=example,DC=com',
    ],
  ],
  'no limit to groups': [
    (one) => Object.assign(scopeOf(one), { groups: [] }),
    [
      'source corp scope.groups only-in-a CN=Pilot,OU=Groups,DC=corp,DC=example,DC=com',
      'source corp scope.groups only-in-b (no limit)',
    ],
  ],
  'a column': [
    (one) => Object.assign(sourceOf(one, 'staff')['columns'] as Keys, { Name: { attribute: 'cn', separator: ';' } }),
    ['source staff columns.Name: cn -> { attribute: cn, separator: ; }'],
  ],
  'the tenant': [
    ({ config }) => Object.assign(config.target, { tenant: 'other.com' }),
    ['target tenant: contoso.onmicrosoft.com -> other.com'],
  ],
  'the secret of the tenant': [
    ({ config }) => Object.assign(config.target, { clientSecret: undefined, certificate: { file: './app.pem' } }),
    ['target clientSecret only-in-a environment variable CLIENT_SECRET', 'target certificate.file only-in-b ./app.pem'],
  ],
  'a rule more': [
    ({ files }) =>
      files['own.yaml']?.rules?.push({
        ...ruleOf(sample(), 'Phones'),
        name: 'Fax',
        precedence: 52,
        flows: { mail: 'mail' },
      }),
    ['rule Fax only-in-b'],
  ],
  'a rule fewer': [({ files }) => files['own.yaml']?.rules?.pop(), ['rule Phones only-in-a']],
  'a rule that is disabled': [
    (one) => Object.assign(ruleOf(one, 'Phones'), { disabled: true }),
    ['rule Phones disabled-in-b'],
  ],
  'a shipped rule that is disabled': [
    ({ files }) => files['own.yaml']?.disable?.push('In from AD - User AccountEnabled'),
    ['rule In from AD - User AccountEnabled disabled-in-b'],
  ],
  'a shipped rule that is not disabled': [
    ({ files }) => files['own.yaml']?.disable?.pop(),
    ['rule In from AD - Contact Common disabled-in-a'],
  ],
  'a renamed rule': [
    (one) => Object.assign(ruleOf(one, 'Phones'), { name: 'Mobiles' }),
    ['rule Phones renamed Phones Mobiles'],
  ],
  'another precedence of a shipped rule': [
    ({ files }) =>
      Object.assign(files['own.yaml'] ?? {}, { override: [{ rule: 'Out to AAD - Group Join', precedence: 41 }] }),
    ['rule Out to AAD - Group Join precedence: 40 -> 41'],
  ],
  precedence: [(one) => Object.assign(ruleOf(one, 'Phones'), { precedence: 60 }), ['rule Phones precedence: 51 -> 60']],
  'link type': [
    (one) => Object.assign(ruleOf(one, 'Phones'), { link: 'provision' }),
    ['rule Phones link: join -> provision'],
  ],
  'password sync': [
    (one) => Object.assign(ruleOf(one, 'Phones'), { passwordSync: true }),
    ['rule Phones passwordSync: false -> true'],
  ],
  types: [
    (one) => Object.assign(ruleOf(one, 'Phones'), { from: 'inetOrgPerson' }),
    ['rule Phones from: user -> inetOrgPerson'],
  ],
  'a scope': [
    (one) =>
      Object.assign(ruleOf(one, 'Phones'), { scope: [[{ attribute: 'mail', operator: 'ENDSWITH', value: '@x.com' }]] }),
    ['rule Phones scope only-in-a (every object)', 'rule Phones scope only-in-b mail ENDSWITH @x.com'],
  ],
  'clauses in groups of their own': [
    (one) => {
      const rule = ruleOf(one, 'Interns');
      rule.scope = [rule.scope.flat()];
    },
    [
      'rule Interns scope only-in-a employeeType ISIN Intern;Trainee and mail ISNOTNULL',
      'rule Interns scope only-in-a userAccountControl ISBITNOTSET 2',
      'rule Interns scope only-in-a ISMEMBEROF CN=Interns,OU=Groups,DC=corp,DC=example,DC=com',
      'rule Interns scope only-in-b employeeType ISIN Intern;Trainee and mail ISNOTNULL and userAccountControl ISBITNOTSET 2 and ISMEMBEROF CN=Interns,OU=Groups,DC=corp,DC=example,DC=com',
    ],
  ],
  'the order of joins': [
    (one) => ruleOf(one, 'Interns').join.reverse(),
    [
      'rule Interns join: employeeID = employeeID and mail = mail, then sAMAccountName = accountName -> sAMAccountName = accountName, then employeeID = employeeID and mail = mail',
    ],
  ],
  'a join that looks at upper and lower case': [
    (one) =>
      Object.assign(ruleOf(one, 'Interns'), { join: [[{ space: 'mail', metaverse: 'mail', caseSensitive: true }]] }),
    [
      'rule Interns join: employeeID = employeeID and mail = mail, then sAMAccountName = accountName -> mail = mail (case-sensitive)',
    ],
  ],
  'an expression': [
    (one) => Object.assign(ruleOf(one, 'Interns').flows, { department: { expression: 'Trim([Department])' } }),
    [`rule Interns flow department: ${EXPRESSION} -> Trim([Department])`],
  ],
  'a number instead of a text': [
    (one) => Object.assign(ruleOf(one, 'Interns').flows, { city: { constant: 5 } }),
    ['rule Interns flow city: "5" -> 5'],
  ],
  'a merge type': [
    (one) =>
      Object.assign(ruleOf(one, 'Phones').flows, {
        ownPhones: { attribute: 'otherTelephone', merge: 'merge-case-insensitive' },
      }),
    ['rule Phones flow ownPhones: otherTelephone (merge) -> otherTelephone (merge-case-insensitive)'],
  ],
  'a flow only at the making': [
    (one) => Object.assign(ruleOf(one, 'Interns').flows, { title: { attribute: 'title', once: true } }),
    ['rule Interns flow title: title -> title (once)'],
  ],
  'a flow fewer': [
    (one) => Reflect.deleteProperty(ruleOf(one, 'Interns').flows, 'title'),
    ['rule Interns flow title only-in-a title'],
  ],
};

describe('differs:', () => {
  test.each(Object.entries(DIFFERENT))('%s', (_name, [change, told]) => expect(tell(change)).toEqual(told));

  test('the other way round A and B change places', () => {
    const [a, b] = [
      write('a', sample()),
      write(
        'b',
        changed((one) => Object.assign(ruleOf(one, 'Phones'), { disabled: true })),
      ),
    ];
    expect(diffConfigs(b, a).differences).toEqual([
      { area: 'rule', name: 'Phones', key: '', kind: 'disabled-in-a', a: null, b: null },
    ]);
  });
});

// ------------------------------------------------------------ any spelling, any change

type Draw = fc.GeneratorValue;

/** The same configuration as another person would have typed it. */
function respell(one: Sample, draw: Draw): Sample {
  const scope = scopeOf(one);
  scope.include = shuffle(scope.include, draw).map((dn) => respellDn(dn, draw));
  scope.groups = shuffle(scope.groups, draw).map((dn) => respellDn(dn, draw));
  for (const { rules = [] } of Object.values(one.files))
    for (const rule of rules as ReturnType<typeof ruleOf>[]) {
      if (rule.scope) rule.scope = shuffle(rule.scope, draw).map((group) => shuffle(group, draw));
      if (rule.join) rule.join = rule.join.map((group) => shuffle(group, draw));
      const { expression } = (rule.flows['department'] ?? {}) as { readonly expression?: string };
      if (expression) rule.flows['department'] = { expression: respellExpression(expression, draw) };
    }
  return { config: shuffleKeys(one.config, draw), files: shuffleKeys(one.files, draw) };
}

function shuffle<T>(list: readonly T[], draw: Draw): T[] {
  return draw(fc.shuffledSubarray, [...list], { minLength: list.length });
}

function respellDn(dn: string, draw: Draw): string {
  return dn
    .split(',')
    .map((rdn) => `${draw(fc.constantFrom, '', ' ')}${draw(fc.boolean) ? rdn.toUpperCase() : rdn.toLowerCase()}`)
    .join(',')
    .trimStart();
}

function respellExpression(text: string, draw: Draw): string {
  return text.replace(
    /[(),]/g,
    (sign) => `${draw(fc.constantFrom, '', ' ')}${sign}${draw(fc.constantFrom, '', ' ', '\n')}`,
  );
}

function shuffleKeys<T>(value: T, draw: Draw): T {
  if (Array.isArray(value)) return value.map((one) => shuffleKeys(one, draw)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    shuffle(Object.entries(value), draw).map(([key, one]) => [key, shuffleKeys(one, draw)]),
  ) as T;
}

/** YAML in one of its looks, with remarks in between. */
function printAnyhow(value: unknown, draw: Draw): string {
  if (draw(fc.boolean)) return `# on one line\n${JSON.stringify(value)}\n`;
  const text = stringify(value, {
    indent: draw(fc.constantFrom, 2, 4),
    defaultStringType: draw(fc.constantFrom, 'PLAIN' as const, 'QUOTE_DOUBLE' as const),
    lineWidth: 0,
  });
  return draw(fc.boolean) ? `# a remark\n\n${text}\n# another\n` : text;
}

describe('whoever typed it', () => {
  test('a configuration compared with itself in any spelling means the same', () => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        const a = write('a', sample());
        const b = write('b', respell(sample(), draw), (value) => printAnyhow(value, draw));
        expect(diffConfigs(a, b).differences).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('a change is told as itself and as nothing else, in any spelling', () => {
    const changes = Object.entries(DIFFERENT).filter(([name]) => !/order|clauses/.test(name));
    fc.assert(
      fc.property(fc.constantFrom(...changes), fc.gen(), ([, [change, told]], draw) => {
        const a = write('a', sample());
        const b = write('b', respell(changed(change), draw), (value) => printAnyhow(value, draw));
        const { differences } = diffConfigs(a, b);
        expect(differences).toHaveLength(told.length);
        for (const { area, name, key } of differences) {
          const place = [area, name, key].filter((part) => part !== '').join(' ');
          expect(told.filter((line) => line.startsWith(place))).not.toEqual([]);
        }
      }),
      { numRuns: 30 },
    );
  });
});

// ------------------------------------------------------------ what cannot be compared

function failureOf(a: string, b: string): DirbridgeError {
  try {
    diffConfigs(a, b);
  } catch (error) {
    if (error instanceof DirbridgeError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

describe('a configuration that is broken', () => {
  test('is named, with its file, line and key', () => {
    const a = write('a', sample());
    const b = write(
      'b',
      changed(({ config }) => Object.assign(config, { guard: 1 })),
    );
    const { code, message } = failureOf(a, b);
    expect(code).toBe('config-invalid');
    expect(message).toMatch(/^B \(.*b\) cannot be compared:\n.*b\/dirbridge\.yaml:\d+:1: guard is not a key/);
  });

  test('is told together with the other one, when both are', () => {
    const a = write(
      'a',
      changed((one) => Object.assign(ruleOf(one, 'Phones'), { flows: { mail: { expression: 'Trim(' } } })),
    );
    const { code, message } = failureOf(a, join(folder, 'nowhere'));
    expect(code).toBe('rules-invalid');
    expect(message).toMatch(/^A \(.*a\) cannot be compared:\n.*own\.yaml:\d+: rule "Phones"/);
    expect(message).toMatch(/\nB \(.*nowhere\) cannot be compared:\n.*nowhere cannot be read/);
  });

  test('that is not there is asked for in the words of this command', () => {
    const { code, remedy } = failureOf(join(folder, 'nowhere'), write('b', sample()));
    expect([code, remedy]).toEqual(['config-missing', 'Give a dirbridge.yaml, or a folder that holds one.']);
  });
});
