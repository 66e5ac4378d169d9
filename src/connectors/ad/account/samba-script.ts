import { splitDn } from '../../../model/dn.ts';
import type { AccountScript } from '../../connector.ts';
import { type AccountName, rdnOf } from './account-name.ts';
import type { NeededRight } from './account-rights.ts';
import { commentLine, quoteForShell } from './script-quoting.ts';

/** A script for a Samba domain controller, with samba-tool and, for what samba-tool cannot do, the tools of ldb. */
export function writeSambaScript(name: AccountName, rights: readonly NeededRight[]): AccountScript {
  const parts = [head(name, rights), FRAME, settings(name), ACCOUNT, ...rights.map(grantPart), END];
  return { fileName: 'create-service-account.sh', text: `${parts.join('\n\n')}\n` };
}

function head(name: AccountName, rights: readonly NeededRight[]): string {
  const lines = [
    `Prepares ${name.samAccountName}, the account that Dirbridge reads this directory with.`,
    '',
    'It creates the account, unless it is there, and gives it these rights:',
    ...rights.map(({ name: right, on, why }) => `  ${right}, on ${on}: ${why}`),
    '',
    'It may be carried out twice: what is there already stays. It holds no secret: the password is made here and',
    'written to a file that only root can read. An account that is there keeps its password, unless --new-password is given.',
    'Carry it out as root on a domain controller, with samba-tool and ldb-tools installed. SMB_CONF names another smb.conf.',
    'To undo it, see docs/guide/service-account.md of Dirbridge.',
  ];
  return ['#!/bin/sh', ...lines.map(commentLine)].join('\n');
}

const FRAME = `set -eu
umask 077
new_password=no
password_file=$PWD/dirbridge-password
for option in "$@"; do
  case $option in
    --new-password) new_password=yes ;;
    --password-file=*) password_file=\${option#*=} ;;
    *) echo "usage: sh $0 [--new-password] [--password-file=FILE]" >&2; exit 2 ;;
  esac
done
for tool in samba-tool testparm ldbsearch ldbmodify iconv base64; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install samba, samba-common-bin and ldb-tools" >&2; exit 2; }
done

samba() { samba-tool "$@" \${SMB_CONF:+"--configfile=$SMB_CONF"}; }
setting() { testparm --suppress-prompt --parameter-name="$1" \${SMB_CONF:+"$SMB_CONF"} 2>/dev/null; }
encode() { printf %s "$1" | base64 | tr -d '\\n'; }
# The first value of an attribute in what ldbsearch prints: in several lines when it is long, in base64 when it is not ASCII (RFC 2849).
value() {
  line=$(sed -e ':a' -e 'N' -e '$!ba' -e 's/\\n //g' | sed -n "/^$1:/p" | head -n 1)
  case $line in
    "$1:: "*) printf %s "\${line#"$1:: "}" | base64 -d ;;
    "$1: "*) printf %s "\${line#"$1: "}" ;;
  esac
}
database=$(setting 'private dir')/sam.ldb
base=DC=$(setting realm | tr '[:upper:]' '[:lower:]' | sed 's/\\./,DC=/g')`;

function settings(name: AccountName): string {
  const { samAccountName, userPrincipalName, container } = name;
  const place = container === null ? 'CN=Users' : relativeDn(container);
  return [
    `name=${quoteForShell(samAccountName)}`,
    `usual_principal="$name@$(setting realm | tr '[:upper:]' '[:lower:]')"`,
    `principal=${userPrincipalName === null ? '$usual_principal' : quoteForShell(userPrincipalName)}`,
    `container=${quoteForShell(place)}`,
    `account=${quoteForShell(rdnOf(name))}"\${container:+,$container},$base"`,
  ].join('\n');
}

/** samba-tool wants the DN of a container without that of the domain. */
function relativeDn(dn: string): string {
  const rdns = splitDn(dn);
  const domain = rdns.findLastIndex((rdn) => !/^dc=/i.test(rdn));
  return rdns.slice(0, domain + 1).join(',');
}

const ACCOUNT = `# RFC 4515: what would mean something in a filter.
filter=$(printf %s "$name" | sed 's/\\\\/\\\\5c/g; s/\\*/\\\\2a/g; s/(/\\\\28/g; s/)/\\\\29/g')
find() { ldbsearch -H "$database" "(sAMAccountName=$filter)" "$1" | value "$1"; }
lower() { printf %s "$1" | tr '[:upper:]' '[:lower:]'; }
is_same() { [ "$(lower "$1")" = "$(lower "$2")" ]; }

sid=$(find objectSid)
if [ -z "$sid" ]; then
  samba user create "$name" --random-password --userou="$container" --description='Reads this directory for Dirbridge' >/dev/null
  # Until here its password is known to nobody.
  new_password=yes
  sid=$(find objectSid)
  echo "created: $account"
else
  echo "there already: $name ($sid)"
  if [ "$new_password" = no ]; then echo "its password stays as it is; --new-password sets another one"; fi
  account=$(find dn)
  if [ "\${sid##*-}" -lt 1000 ]; then echo "$name is an account of the system: name another one in the configuration" >&2; exit 2; fi
fi
# A name that was given to the account is that of somebody who signs in by it. The usual one of account and domain counts also when it is not written.
present=$(find userPrincipalName)
if is_same "$principal" "$usual_principal" || is_same "$principal" "$present"; then sets_principal=no; else sets_principal=yes; fi
if [ "$sets_principal" = yes ] && [ -n "$present" ] && ! is_same "$present" "$usual_principal"; then
  echo "$name signs in as $present, not as $principal: write user: $present into the source of Dirbridge, or, if nobody else signs in by $present, give the account the name $principal" >&2
  exit 2
fi

if [ "$new_password" = yes ]; then
  # Through pipes alone: what stands in a command line can be read by others. The file is written before the directory gets the password, so that it is never lost.
  if [ -e "$password_file" ] || [ -L "$password_file" ]; then echo "$password_file is there already: move it away, then: sh $0 --new-password" >&2; exit 2; fi
  password=$(LC_ALL=C tr -dc 'A-HJ-NP-Za-km-z2-9._+=%@-' </dev/urandom | head -c 36)Aa2-
  # Not through a link, and not into a file that somebody else puts there in this moment.
  (set -C; printf %s "$password" >"$password_file")
  encoded=$(printf '"%s"' "$password" | iconv -t UTF-16LE | base64 | tr -d '\\n')
  printf 'dn:: %s\\nchangetype: modify\\nreplace: unicodePwd\\nunicodePwd:: %s\\n' "$(encode "$account")" "$encoded" |
    ldbmodify -H "$database" >/dev/null || { rm -f "$password_file"; echo "the password was refused" >&2; exit 4; }
  echo "set: a new password, in $password_file (mode 600)"
fi

# After the password, so that nothing that is refused leaves an account behind whose password nobody knows. Nobody is there to change it, and no service may act in its name.
samba user setexpiry "$name" --noexpiry >/dev/null
flags=$(find userAccountControl)
if [ $((flags & 0x100000)) -eq 0 ]; then samba user sensitive "$name" on >/dev/null; fi
echo "set: password never expires, account cannot be delegated"

if [ "$sets_principal" = yes ]; then
  printf 'dn:: %s\\nchangetype: modify\\nreplace: userPrincipalName\\nuserPrincipalName:: %s\\n' "$(encode "$account")" "$(encode "$principal")" |
    ldbmodify -H "$database" >/dev/null || { echo "the sign-in name $principal was refused, most likely because another account has it; take it from that one, or name another user in the source of Dirbridge, and carry this out again" >&2; exit 4; }
fi
echo "sign-in name: $principal"`;

function grantPart({ name, object, guid }: NeededRight): string {
  if (object === 'deleted objects') return DELETED_OBJECTS;
  const entry = `(OA;;CR;${guid};;$sid)`;
  return `samba dsacl set --objectdn="$base" --trusteedn="$account" --sddl="${entry}" >/dev/null
echo "allowed: ${name}, on $base"`;
}

const DELETED_OBJECTS = `# samba-tool does not find this container, so its access control list is changed by itself.
deleted="CN=Deleted Objects,$base"
acl=$(ldbsearch -H "$database" --show-deleted -s base -b "$deleted" nTSecurityDescriptor | value nTSecurityDescriptor)
entry="(A;;LCRP;;;$sid)"
case $acl in
  '') echo "$deleted cannot be read" >&2; exit 4 ;;
  *"(A;;RPLC;;;$sid)"* | *"$entry"*) echo "there already: List Contents and Read Property, on $deleted" ;;
  *)
    printf 'dn: %s\\nchangetype: modify\\nreplace: nTSecurityDescriptor\\nnTSecurityDescriptor: %s\\n' \\
      "$deleted" "$(printf %s "$acl" | sed "s/(/$entry(/")" | ldbmodify -H "$database" --show-deleted >/dev/null
    echo "allowed: List Contents and Read Property, on $deleted" ;;
esac`;

const END = `if [ "$new_password" = yes ]; then
  echo "Carry $password_file to the secret file of Dirbridge (mode 600) and delete it here."
fi
echo 'Next, where Dirbridge runs: dirbridge check'`;
