import { whyIdentityIsRefused } from '../config.ts';
import type { Identity } from '../rules/identity.ts';
import { type ImportLine, line } from './import-report.ts';
import type { ConnectExport } from './read-export.ts';
import type { Explained } from './rule-difference.ts';

const OPTION = 'Microsoft.SynchronizationOption.';
const [JOIN, CUSTOM, ANCHOR, SIGN_IN] = ['JoinCriteria', 'CustomAttribute', 'AnchorAttribute', 'UPNAttribute'] as const;

export const IDENTITY_SETTINGS: readonly string[] = [JOIN, CUSTOM, ANCHOR, SIGN_IN].map((name) => OPTION + name);

const STANDARD: Readonly<Record<keyof Identity, unknown>> = {
  join: 'none',
  sourceAnchor: 'auto',
  userPrincipalName: { attribute: 'userPrincipalName' },
};

/** The choices of the wizard about how persons are known, and what in the rules comes of them. */
export function importIdentity(
  source: ConnectExport,
  lines: ImportLine[],
): { readonly identity: Partial<Identity>; readonly explained: Explained } {
  const get = (name: string): string => (source.settings.get(OPTION + name) ?? '').trim();
  const attribute = (name: string): { readonly attribute: string } => ({ attribute: asInSchema(source, get(name)) });
  const join = joinOf(get(JOIN), get(CUSTOM) === '' ? null : attribute(CUSTOM));
  const identity: Partial<Record<keyof Identity, unknown>> = {};
  const put = (key: keyof Identity, name: string, value: unknown): void => {
    if (get(name) === '') return;
    const told = judge(key, value, `${get(name)} there`);
    lines.push(told);
    if (told.outcome === 'taken') identity[key] = value;
  };
  if (join === 'sid' && forestsOf(source) < 2) lines.push(oneForest(get(JOIN)));
  else put('join', JOIN, join);
  put('sourceAnchor', ANCHOR, anchorOf(get(ANCHOR), attribute(ANCHOR)));
  put('userPrincipalName', SIGN_IN, attribute(SIGN_IN));
  return {
    identity: identity as Partial<Identity>,
    explained: {
      // The rules that we know Microsoft's content of are those of the choices ObjectSID, objectGUID and userPrincipalName.
      isJoin: get(JOIN) !== '' && join !== 'sid',
      flows: [
        ...(get(ANCHOR) === '' || /^objectguid$/i.test(get(ANCHOR)) ? [] : ['sourceAnchor', 'sourceAnchorBinary']),
        ...(get(SIGN_IN) === '' || /^userprincipalname$/i.test(get(SIGN_IN)) ? [] : ['userPrincipalName']),
      ],
    },
  };
}

function forestsOf({ connectors }: ConnectExport): number {
  return connectors.filter((connector) => connector.kind === 'ad').length;
}

/** Connect joins by SID even where there is one forest only, and then it never finds anybody: within one connector each account is a person. */
function oneForest(told: string): ImportLine {
  return line.standard(
    'setting',
    'identity.join',
    `${told} there; in a single forest each account is one person, as is our default; write join: sid when a second forest comes`,
  );
}

function judge(key: keyof Identity, value: unknown, told: string): ImportLine {
  const name = `identity.${key}`;
  if (JSON.stringify(value) === JSON.stringify(STANDARD[key]))
    return line.standard('setting', name, `${told}, as is our default`);
  if (value === null)
    return line.left('setting', name, `${told}: a choice that we do not know; see which of ours it is`);
  const refused = whyIdentityIsRefused({ [key]: value });
  return refused === null
    ? line.taken('setting', name, `${told}, which is ${JSON.stringify(value)} here`)
    : line.left('setting', name, `${told}: ${refused}; ours is ${JSON.stringify(STANDARD[key])}`);
}

/** How the wizard's choices are called in the export is known of ObjectSID alone; the others are told by the words in them. */
function joinOf(criteria: string, custom: { readonly attribute: string } | null): unknown {
  if (/custom/i.test(criteria)) return custom;
  if (/sid/i.test(criteria)) return 'sid';
  if (/mail(?!nick)/i.test(criteria)) return 'mail';
  if (/sam/i.test(criteria)) return 'samAccountName';
  return /none|never|once|provision/i.test(criteria) ? 'none' : null;
}

function anchorOf(name: string, attribute: { readonly attribute: string }): unknown {
  if (/^ms-?ds-consistencyguid$/i.test(name)) return 'auto';
  return /^objectguid$/i.test(name) ? 'objectGUID' : attribute;
}

/** Names are exact here: as the schema of the directory spells them. */
function asInSchema({ connectors }: ConnectExport, name: string): string {
  const names = connectors
    .filter((one) => one.kind === 'ad')
    .flatMap((one) => [...one.attributes, ...one.syntaxes.keys()]);
  const known = ['userPrincipalName', ...names].find((one) => one.toLowerCase() === name.toLowerCase());
  return known ?? name;
}
