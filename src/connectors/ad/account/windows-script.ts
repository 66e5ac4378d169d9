import type { AccountScript } from '../../connector.ts';
import type { AccountName } from './account-name.ts';
import type { NeededRight } from './account-rights.ts';
import { PASSWORD_LENGTH } from './generated-password.ts';
import { commentLine, quoteForPowerShell } from './script-quoting.ts';

/**
 * A script for Windows PowerShell 5.1 and later with the ActiveDirectory module. All changes go to one domain controller, because others don't know of the account
 * at once; access control lists are changed through ADSI with the mask Dacl, so that neither owner nor auditing is written.
 */
export function writeWindowsScript(name: AccountName, rights: readonly NeededRight[]): AccountScript {
  const parts = [head(name, rights), FRAME, settings(name), ACCOUNT, PASSWORD, SIGN_IN_NAME, rightsPart(rights), END];
  return { fileName: 'create-service-account.ps1', text: `${parts.join('\n\n')}\n` };
}

function head(name: AccountName, rights: readonly NeededRight[]): string {
  const lines = [
    `Prepares ${name.samAccountName}, the account that Dirbridge reads this directory with.`,
    '',
    'It creates the account, unless it is there, and gives it these rights and no others:',
    ...rights.map(({ name: right, on, why }) => `  ${right}, on ${on}: ${why}`),
    '',
    'It may be carried out twice: what is there already stays. It holds no secret: the password is made here',
    '(or asked for, with -AskForPassword). An account that is there keeps its password, unless -NewPassword is given.',
    'Carry it out as a member of Domain Admins. -WhatIf shows what it would do.',
    'To undo it, see docs/guide/service-account.md of Dirbridge.',
  ];
  return ['#Requires -Version 5.1', '#Requires -Modules ActiveDirectory', ...lines.map(commentLine)].join('\n');
}

const FRAME = `[CmdletBinding(SupportsShouldProcess)]
param(
  # Where the generated password is written, readable by you alone. Carry it to the secret file of Dirbridge, then delete it here.
  [string] $PasswordFile = (Join-Path (Get-Location) 'dirbridge-password.txt'),
  [switch] $AskForPassword,
  [switch] $NewPassword
)
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'`;

function settings({ samAccountName, userPrincipalName, container }: AccountName): string {
  const principal = userPrincipalName === null ? '$usualPrincipal' : quoteForPowerShell(userPrincipalName);
  return `$name = ${quoteForPowerShell(samAccountName)}
$domain = Get-ADDomain
$server = $domain.PDCEmulator
$usualPrincipal = "$name@$($domain.DNSRoot)"
$principal = ${principal}
$container = ${container === null ? '$domain.UsersContainer' : quoteForPowerShell(container)}`;
}

const ACCOUNT = `function Find-Account {
  Get-ADUser -Server $server -LDAPFilter "(sAMAccountName=$(ConvertTo-FilterValue $name))" -Properties PasswordNeverExpires, AccountNotDelegated
}

# What the account lacks. The usual name of account and domain counts also when it is not written.
function Test-MissingPrincipal {
  $principal -ne $usualPrincipal -and $account.UserPrincipalName -ne $principal
}

# A name that was given to the account is that of somebody who signs in by it.
function Test-OtherPrincipal {
  (Test-MissingPrincipal) -and $account.UserPrincipalName -and $account.UserPrincipalName -ne $usualPrincipal
}

# RFC 4515: what would mean something in a filter.
function ConvertTo-FilterValue([string] $text) {
  $text.Replace('\\', '\\5c').Replace('*', '\\2a').Replace('(', '\\28').Replace(')', '\\29')
}`;

const PASSWORD = `# Only on this machine; the characters are those that no form and no configuration file takes for something else.
function New-RandomPassword {
  $classes = 'ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '-_.+=%@'
  $all = -join $classes
  $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
  try {
    do {
      $chosen = New-Object char[] ${PASSWORD_LENGTH.usual}
      $byte = New-Object byte[] 1
      for ($at = 0; $at -lt $chosen.Length; ) {
        $random.GetBytes($byte)
        # Bytes that would make some characters likelier than others are not used.
        if ($byte[0] -lt 256 - (256 % $all.Length)) { $chosen[$at++] = $all[$byte[0] % $all.Length] }
      }
      $password = -join $chosen
    } until (@($classes | Where-Object { $password.IndexOfAny($_.ToCharArray()) -ge 0 }).Count -eq $classes.Count)
  } finally { $random.Dispose() }
  $password
}

# Written before the directory gets it, so that it is never lost. The file is closed to others while it is still empty.
function Write-PasswordFile([string] $password) {
  if (Test-Path -LiteralPath $PasswordFile) { throw "$PasswordFile is there already. Move it away, or name another file with -PasswordFile." }
  New-Item -ItemType File -Path $PasswordFile | Out-Null
  $me = [System.Security.Principal.WindowsIdentity]::GetCurrent().User
  $security = New-Object System.Security.AccessControl.FileSecurity
  $security.SetAccessRuleProtection($true, $false)
  $security.AddAccessRule((New-Object System.Security.AccessControl.FileSystemAccessRule($me, 'FullControl', 'Allow')))
  Set-Acl -LiteralPath $PasswordFile -AclObject $security
  [System.IO.File]::WriteAllText((Resolve-Path -LiteralPath $PasswordFile).ProviderPath, $password)
}

# The directory did not take it.
function Remove-PasswordFile {
  if (-not $AskForPassword) { Remove-Item -LiteralPath $PasswordFile -ErrorAction SilentlyContinue }
}

function Get-Password {
  if ($AskForPassword) { return Read-Host -AsSecureString "Password for $name" }
  $password = New-RandomPassword
  Write-PasswordFile $password
  ConvertTo-SecureString $password -AsPlainText -Force
}

$account = Find-Account
$hasNewPassword = $false
if ($null -eq $account) {
  if ($PSCmdlet.ShouldProcess("CN=$name,$container", 'create the account')) {
    $options = @{
      Name = $name; SamAccountName = $name; UserPrincipalName = $principal; Path = $container
      Description = 'Reads this directory for Dirbridge'
      AccountPassword = Get-Password; Enabled = $true
      # Nobody is there to change it. Change it by yourself, with -NewPassword.
      PasswordNeverExpires = $true
      # No service may act in its name.
      AccountNotDelegated = $true
    }
    try { New-ADUser -Server $server @options } catch { Remove-PasswordFile; throw }
    $account = Find-Account
    $hasNewPassword = $true
    Write-Output "created: $($account.DistinguishedName), sign-in name $principal"
  }
} else {
  Write-Output "there already: $($account.DistinguishedName)"
  if ([int]($account.SID.Value -split '-')[-1] -lt 1000) { throw "$name is an account of the system. Name another one in the configuration." }
  if (Test-OtherPrincipal) { throw "$name signs in as $($account.UserPrincipalName), not as $principal. Write user: $($account.UserPrincipalName) into the source of Dirbridge, or, if nobody else signs in by $($account.UserPrincipalName), give the account the name $principal." }
  if (-not ($account.PasswordNeverExpires -and $account.AccountNotDelegated) -and $PSCmdlet.ShouldProcess($name, 'password never expires, account cannot be delegated')) {
    Set-ADUser -Server $server -Identity $account -PasswordNeverExpires $true -AccountNotDelegated $true
    Write-Output 'set: password never expires, account cannot be delegated'
  }
  if ($NewPassword -and $PSCmdlet.ShouldProcess($name, 'set a new password')) {
    $secret = Get-Password
    try { Set-ADAccountPassword -Server $server -Identity $account -Reset -NewPassword $secret } catch { Remove-PasswordFile; throw }
    # Disabled is what a creation leaves behind whose password was refused.
    if (-not $account.Enabled) { Enable-ADAccount -Server $server -Identity $account }
    $hasNewPassword = $true
    Write-Output 'set: a new password'
  }
}
if ($null -eq $account) { return }`;

const SIGN_IN_NAME = `if ((Test-MissingPrincipal) -and $PSCmdlet.ShouldProcess($name, "set the sign-in name $principal")) {
  Set-ADUser -Server $server -Identity $account -UserPrincipalName $principal
  Write-Output "set: the sign-in name $principal"
}`;

function rightsPart(rights: readonly NeededRight[]): string {
  const extended = rights.flatMap(({ name, guid }) => (guid === null ? [] : [grantLine(name, guid)]));
  const hasDeleted = rights.some(({ object }) => object === 'deleted objects');
  return [...(extended.length === 0 ? [] : [GRANT, ...extended]), ...(hasDeleted ? [DELETED_OBJECTS] : [])].join('\n');
}

const GRANT = `function Grant-ExtendedRight([string] $right, [Guid] $guid) {
  $root = [ADSI]"LDAP://$server/$($domain.DistinguishedName)"
  $root.psbase.Options.SecurityMasks = [System.DirectoryServices.SecurityMasks]::Dacl
  $security = $root.psbase.ObjectSecurity
  $extended = [System.DirectoryServices.ActiveDirectoryRights]::ExtendedRight
  $there = @($security.GetAccessRules($true, $false, [System.Security.Principal.SecurityIdentifier]) | Where-Object {
    $_.IdentityReference -eq $account.SID -and $_.AccessControlType -eq 'Allow' -and $_.ObjectType -eq $guid -and ($_.ActiveDirectoryRights -band $extended)
  })
  if ($there.Count -gt 0) { Write-Output "there already: $right"; return }
  if (-not $PSCmdlet.ShouldProcess($domain.DistinguishedName, "allow $name $right")) { return }
  $rule = New-Object System.DirectoryServices.ActiveDirectoryAccessRule($account.SID, $extended, [System.Security.AccessControl.AccessControlType]::Allow, $guid)
  $security.AddAccessRule($rule)
  $root.psbase.CommitChanges()
  Write-Output "allowed: $right, on $($domain.DistinguishedName)"
}
`;

function grantLine(name: string, guid: string): string {
  return `Grant-ExtendedRight ${quoteForPowerShell(name)} ${quoteForPowerShell(guid)}`;
}

const DELETED_OBJECTS = `
# The container belongs to the system: dsacls takes it over first, which is what Microsoft documents.
$deleted = "\\\\$server\\$($domain.DeletedObjectsContainer)"
if ($PSCmdlet.ShouldProcess($domain.DeletedObjectsContainer, "allow $name to list and to read")) {
  & dsacls.exe $deleted /takeownership | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "dsacls could not take $deleted over (exit code $LASTEXITCODE)." }
  & dsacls.exe $deleted /G "$($domain.NetBIOSName)\\$($name):LCRP" | Out-Null
  if ($LASTEXITCODE -ne 0) { throw "dsacls could not change $deleted (exit code $LASTEXITCODE)." }
  Write-Output "allowed: List Contents and Read Property, on $($domain.DeletedObjectsContainer)"
}`;

const END = `if ($hasNewPassword -and -not $AskForPassword) {
  Write-Output "The password is in $PasswordFile, readable by you alone. Carry it to the secret file of Dirbridge and delete it here."
}
Write-Output 'Next, where Dirbridge runs: dirbridge check'`;
