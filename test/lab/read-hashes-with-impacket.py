"""Reads NT hashes of single accounts from a domain controller with impacket: a reader that shares nothing with ours.

    read-hashes-with-impacket.py HOST DOMAIN USER     on stdin a line with the password, then objectGUIDs; prints {GUID: hash or null}
"""

import json
import sys
import uuid

from impacket import uuid as impacket_uuid
from impacket.dcerpc.v5 import drsuapi, epm, transport
from impacket.dcerpc.v5.dtypes import NULL
from impacket.dcerpc.v5.rpcrt import RPC_C_AUTHN_LEVEL_PKT_PRIVACY

UNICODE_PWD = "1.2.840.113556.1.4.90"


def connect(host, domain, user, password):
    binding = transport.DCERPCTransportFactory(epm.hept_map(host, drsuapi.MSRPC_UUID_DRSUAPI, protocol="ncacn_ip_tcp"))
    binding.set_credentials(user, password, domain)
    connection = binding.get_dce_rpc()
    connection.set_auth_level(RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
    connection.connect()
    connection.bind(drsuapi.MSRPC_UUID_DRSUAPI)
    return connection


def bind(connection):
    offer = drsuapi.DRS_EXTENSIONS_INT()
    offer["cb"] = len(offer)
    offer["dwFlags"] = (drsuapi.DRS_EXT_GETCHGREQ_V6 | drsuapi.DRS_EXT_GETCHGREPLY_V6 | drsuapi.DRS_EXT_GETCHGREQ_V8
                        | drsuapi.DRS_EXT_STRONG_ENCRYPTION)
    for field in ("SiteObjGuid", "ConfigObjGUID"):
        offer[field] = drsuapi.NULLGUID
    for field in ("Pid", "dwReplEpoch", "dwFlagsExt", "dwExtCaps"):
        offer[field] = 0
    request = drsuapi.DRSBind()
    request["puuidClientDsa"] = drsuapi.NTDSAPI_CLIENT_GUID
    request["pextClient"]["cb"] = len(offer)
    request["pextClient"]["rgb"] = list(offer.getData())
    return connection.request(request)["phDrs"]


def prefix_table():
    table = []
    number = drsuapi.MakeAttid(table, UNICODE_PWD)
    # Samba wants the version of a schema at the end.
    version = drsuapi.PrefixTableEntry()
    version["ndx"] = 0
    version["prefix"]["length"] = 21
    version["prefix"]["elements"] = [b"\xff"] + [b"\x00"] * 20
    return number, table + [version]


def changes_request(handle, server, guid):
    number, table = prefix_table()
    name = drsuapi.DSNAME()
    name["SidLen"] = 0
    name["Guid"] = impacket_uuid.string_to_bin(guid)
    name["Sid"] = ""
    name["NameLen"] = 0
    name["StringName"] = "\x00"
    name["structLen"] = len(name.getData())
    request = drsuapi.DRSGetNCChanges()
    request["hDrs"] = handle
    request["dwInVersion"] = 8
    request["pmsgIn"]["tag"] = 8
    message = request["pmsgIn"]["V8"]
    message["uuidDsaObjDest"] = server
    message["uuidInvocIdSrc"] = server
    message["pNC"] = name
    message["usnvecFrom"]["usnHighObjUpdate"] = 0
    message["usnvecFrom"]["usnHighPropUpdate"] = 0
    message["pUpToDateVecDest"] = NULL
    message["ulFlags"] = drsuapi.DRS_INIT_SYNC | drsuapi.DRS_WRIT_REP
    message["cMaxObjects"] = 1
    message["cMaxBytes"] = 0
    message["ulExtendedOp"] = drsuapi.EXOP_REPL_OBJ
    wanted = drsuapi.PARTIAL_ATTR_VECTOR_V1_EXT()
    wanted["dwVersion"] = 1
    wanted["cAttrs"] = 1
    wanted["rgPartialAttr"].append(number)
    message["pPartialAttrSet"] = wanted
    message["pPartialAttrSetEx1"] = NULL
    message["PrefixTableDest"]["PrefixCount"] = len(table)
    message["PrefixTableDest"]["pPrefixEntry"] = table
    return request


def read_hash(connection, answer):
    entry = answer["pmsgOut"]["V%d" % answer["pdwOutVersion"]]["pObjects"]["Entinf"]
    rid = int.from_bytes(b"".join(entry["pName"]["Sid"][-4:]) if isinstance(entry["pName"]["Sid"], list)
                         else entry["pName"]["Sid"][-4:], "little")
    for attribute in entry["AttrBlock"]["pAttr"]:
        values = attribute["AttrVal"]
        # Instance types come unasked; secrets are the only long values.
        if values["valCount"] == 0:
            continue
        value = b"".join(values["pAVal"][0]["pVal"])
        if len(value) == 36:
            return drsuapi.removeDESLayer(drsuapi.DecryptAttributeValue(connection, value), rid).hex()
    return None


def main():
    host, domain, user = sys.argv[1:4]
    password, *guids = sys.stdin.read().split("\n")
    connection = connect(host, domain, user, password)
    handle = bind(connection)
    controllers = drsuapi.hDRSDomainControllerInfo(connection, handle, domain, 2)["pmsgOut"]["V2"]
    server = controllers["rItems"][0]["NtdsDsaObjectGuid"]
    hashes = {}
    for guid in filter(None, guids):
        hashes[str(uuid.UUID(guid))] = read_hash(connection, connection.request(changes_request(handle, server, guid)))
    print(json.dumps(hashes))


main()
