"""Works on the database of a Samba domain that samba.ts made, without a server: much faster than LDAP.

    sam-database.py add SMB_CONF                    entries as JSON lines on stdin: {"dn", "attributes": {name: [text]}}
    sam-database.py enable-recycle-bin SMB_CONF
    sam-database.py restore SMB_CONF DELETED_DN DN    undeletes an object
    sam-database.py extend-schema SMB_CONF JSON       [{"name", "oid", "syntax": [attributeSyntax, oMSyntax]}] for users
    sam-database.py allow-deleted-objects SMB_CONF DN    lets the account read the Deleted Objects container
    sam-database.py renew-invocation-id SMB_CONF      as after a restoration: what the database did before counts as done by another one
    sam-database.py set-passwords SMB_CONF            [name, password] as JSON lines on stdin, as an administrator sets them
    sam-database.py set-hashes SMB_CONF               [name, NT hash in hexadecimal] likewise: twenty times as fast, but without
                                                      the keys of Kerberos
    sam-database.py read-hashes SMB_CONF              prints {objectGUID: NT hash or null} of all users
"""

import json
import sys
import time
import uuid

import ldb
from samba.auth import system_session
from samba.dcerpc import misc, security
from samba.dsdb import DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

TRANSACTION = 250
RECYCLE_BIN_FEATURE = "766ddcd8-acd0-445e-f3b9-a7f9b6744f2a"
USERS = "(&(objectClass=user)(userAccountControl:1.2.840.113556.1.4.803:=512))"
RESTORE_TOMBSTONE = "1.3.6.1.4.1.7165.4.3.24"
SHOW_DELETED = ["show_deleted:1"]
ASSIGNED_BY_SERVER = {"objectguid", "objectsid", "memberof", "distinguishedname"}


def open_database(configuration, **options):
    lp = LoadParm()
    lp.load(configuration)
    for name, value in options.items():
        lp.set(name, value)
    return SamDB(session_info=system_session(), lp=lp)


def to_message(database, entry):
    message = ldb.Message(ldb.Dn(database, entry["dn"]))
    for name, values in entry["attributes"].items():
        if values and name.lower() not in ASSIGNED_BY_SERVER:
            message[name] = ldb.MessageElement([value.encode() for value in values], ldb.FLAG_MOD_ADD, name)
    return message


def add_all(database, lines):
    count = 0
    database.transaction_start()
    for line in lines:
        entry = json.loads(line)
        try:
            database.add(to_message(database, entry))
        except ldb.LdbError as error:
            database.transaction_cancel()
            sys.exit("cannot add %s: %s" % (entry["dn"], error.args[1]))
        count += 1
        if count % TRANSACTION == 0:
            database.transaction_commit()
            database.transaction_start()
    database.transaction_commit()
    return count


def enable_recycle_bin(database):
    message = ldb.Message(ldb.Dn(database, ""))
    value = "CN=Partitions,%s:%s" % (database.get_config_basedn(), RECYCLE_BIN_FEATURE)
    message["enable"] = ldb.MessageElement(value, ldb.FLAG_MOD_ADD, "enableOptionalFeature")
    database.modify(message)


def restore(database, deleted, dn):
    # Samba 4.17 undeletes by LDAP only what carries isRecycled, which it then finds only without a recycle bin. So
    # this does in its stead what [MS-ADTS] 3.1.1.5.3.7 asks for, with the control that marks a restoration inside Samba.
    controls = ["show_deleted:1", "relax:0", "local_oid:%s:0" % RESTORE_TOMBSTONE]
    found = database.search(deleted, ldb.SCOPE_BASE, attrs=["objectClass", "groupType"], controls=controls[:1])[0]
    message = ldb.Message(found.dn)
    message["isDeleted"] = ldb.MessageElement([], ldb.FLAG_MOD_DELETE, "isDeleted")
    # Samba would not delete it a second time with this of the first.
    message["msDS-LastKnownRDN"] = ldb.MessageElement([], ldb.FLAG_MOD_REPLACE, "msDS-LastKnownRDN")
    category = database.search(
        database.get_schema_basedn(), ldb.SCOPE_ONELEVEL, attrs=["defaultObjectCategory"],
        expression="(&(objectClass=classSchema)(lDAPDisplayName=%s))" % str(found["objectClass"][-1]),
    )[0]["defaultObjectCategory"][0]
    message["objectCategory"] = ldb.MessageElement(category, ldb.FLAG_MOD_REPLACE, "objectCategory")
    if b"user" in found["objectClass"]:
        set_account_type(message, 0x30000000)
    elif "groupType" in found:
        kind = int(str(found["groupType"][0]))
        alias, security_enabled = kind & 0x4, kind & 0x80000000
        set_account_type(message, (0x20000000 if alias else 0x10000000) + (0 if security_enabled else 1))
    database.modify(message, controls=controls)
    database.rename(found.dn, ldb.Dn(database, dn), controls=controls)


def set_account_type(message, value):
    message["sAMAccountType"] = ldb.MessageElement(str(value), ldb.FLAG_MOD_REPLACE, "sAMAccountType")


def allow_deleted_objects(database, account):
    sid = ndr_unpack(security.dom_sid, database.search(account, ldb.SCOPE_BASE, attrs=["objectSid"])[0]["objectSid"][0])
    container = "CN=Deleted Objects,%s" % database.domain_dn()
    found = database.search(container, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=SHOW_DELETED)[0]
    domain_sid = security.dom_sid(database.get_domain_sid())
    sddl = ndr_unpack(security.descriptor, found["nTSecurityDescriptor"][0]).as_sddl(domain_sid)
    start = sddl.index("(", sddl.index("D:"))
    allowed = "%s(A;CI;RPLC;;;%s)%s" % (sddl[:start], sid, sddl[start:])
    message = ldb.Message(found.dn)
    packed = ndr_pack(security.descriptor.from_sddl(allowed, domain_sid))
    message["sd"] = ldb.MessageElement(packed, ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    database.modify(message, controls=SHOW_DELETED)


def renew_invocation_id(database):
    message = ldb.Message(ldb.Dn(database, database.get_dsServiceName()))
    packed = ndr_pack(misc.GUID(str(uuid.uuid4())))
    message["id"] = ldb.MessageElement(packed, ldb.FLAG_MOD_REPLACE, "invocationId")
    database.modify(message, controls=["relax:0"])


def extend_schema(database, attributes):
    schema = str(database.get_schema_basedn())
    for attribute in attributes:
        syntax, om_syntax = attribute["syntax"]
        database.add({
            "dn": "CN=%s,%s" % (attribute["name"], schema),
            "objectClass": "attributeSchema",
            "lDAPDisplayName": attribute["name"],
            "attributeID": attribute["oid"],
            "attributeSyntax": syntax,
            "oMSyntax": str(om_syntax),
            "isSingleValued": "TRUE",
            "searchFlags": "0",
        })
    update = ldb.Message(ldb.Dn(database, ""))
    update["now"] = ldb.MessageElement("1", ldb.FLAG_MOD_REPLACE, "schemaUpdateNow")
    database.modify(update)
    user = ldb.Message(ldb.Dn(database, "CN=User,%s" % schema))
    names = [attribute["name"] for attribute in attributes]
    user["may"] = ldb.MessageElement(names, ldb.FLAG_MOD_ADD, "mayContain")
    database.modify(user)
    database.modify(update)


def in_transactions(database, lines, work):
    count = 0
    database.transaction_start()
    for line in lines:
        work(*json.loads(line))
        count += 1
        if count % TRANSACTION == 0:
            database.transaction_commit()
            database.transaction_start()
    database.transaction_commit()
    return count


def set_passwords(database, lines):
    def set_password(name, password):
        database.setpassword("(sAMAccountName=%s)" % ldb.binary_encode(name), password)

    return in_transactions(database, lines, set_password)


def set_hashes(database, lines):
    now = int((time.time() + 11644473600) * 10000000)
    control = "local_oid:%s:0" % DSDB_CONTROL_BYPASS_PASSWORD_HASH_OID

    def set_hash(name, nt_hash):
        found = database.search(database.domain_dn(), ldb.SCOPE_SUBTREE, attrs=["cn"],
                                expression="(sAMAccountName=%s)" % ldb.binary_encode(name))[0]
        message = ldb.Message(found.dn)
        message["hash"] = ldb.MessageElement(bytes.fromhex(nt_hash), ldb.FLAG_MOD_REPLACE, "unicodePwd")
        message["set"] = ldb.MessageElement(str(now), ldb.FLAG_MOD_REPLACE, "pwdLastSet")
        database.modify(message, controls=[control])

    return in_transactions(database, lines, set_hash)


def read_hashes(database):
    found = database.search(database.domain_dn(), ldb.SCOPE_SUBTREE, USERS, attrs=["objectGUID", "unicodePwd"])
    hashes = {}
    for user in found:
        guid = str(uuid.UUID(bytes_le=bytes(user["objectGUID"][0])))
        hashes[guid] = bytes(user["unicodePwd"][0]).hex() if "unicodePwd" in user else None
    return hashes


def main():
    command, configuration = sys.argv[1:3]
    options = {"dsdb:schema update allowed": "true"} if command == "extend-schema" else {}
    database = open_database(configuration, **options)
    if command == "add":
        print(add_all(database, sys.stdin))
    elif command == "enable-recycle-bin":
        enable_recycle_bin(database)
    elif command == "restore":
        restore(database, sys.argv[3], sys.argv[4])
    elif command == "extend-schema":
        extend_schema(database, json.loads(sys.argv[3]))
    elif command == "renew-invocation-id":
        renew_invocation_id(database)
    elif command == "set-passwords":
        print(set_passwords(database, sys.stdin))
    elif command == "set-hashes":
        print(set_hashes(database, sys.stdin))
    elif command == "read-hashes":
        print(json.dumps(read_hashes(database)))
    elif command == "allow-deleted-objects":
        allow_deleted_objects(database, sys.argv[3])
    else:
        sys.exit("unknown command " + command)


main()
