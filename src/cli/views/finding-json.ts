import type { Finding, ObjectName } from '../../model/finding.ts';

/** A finding as scripts get it. `firstSeen` and `run` where they are known. */
export function findingJson(finding: Finding & { readonly firstSeen?: string; readonly run?: string }): unknown {
  const { code, severity, attribute, value, cause, remedy, firstSeen, run } = finding;
  return {
    code,
    severity,
    object: objectJson(finding.object),
    otherObject: objectJson(finding.otherObject),
    attribute,
    value,
    cause,
    remedy,
    ...(firstSeen === undefined ? {} : { firstSeen }),
    ...(run === undefined ? {} : { run }),
  };
}

function objectJson(object: ObjectName | null): unknown {
  if (object === null) return null;
  const { space, anchor, type, name, dn } = object;
  return { space, anchor, type, name, dn: dn ?? null };
}
