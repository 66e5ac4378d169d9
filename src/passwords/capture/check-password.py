#!/usr/bin/python3 -IS
"""The "check password script" of a Samba domain controller that hands new passwords to Dirbridge.

Samba gives the password on stdin and the account in SAMBA_CPS_ACCOUNT_NAME, runs this while it holds the change, and takes the exit
status as the verdict: 0 lets the password pass. It does so INSTEAD of its own complexity check, so that check is made here, as Samba
4.17 makes it; or the script that was there before decides. Only a password that passes is handed over, and whatever happens to the
handing over (Dirbridge is away, slow, or not what it should be) changes nothing of the verdict and takes a second at most.

It needs nothing but Python and this file: it works while Dirbridge is away or being replaced. The password is in no argument list,
no environment, no file and no log. "dirbridge passwords capture-script" prints this file with the settings filled in.
"""

import os
import sys
import time

# Where Dirbridge listens, whose socket it must be (a user id), and how the source is called in its configuration.
SOCKET = "/run/dirbridge/passwords.sock"
OWNER = 0
SOURCE = ""
# The "check password script" of before, as it stood in smb.conf; it decides then, as it did. Empty: Samba's own rules decide.
EARLIER = ""

# Seconds. Samba ends a script after 10 s and refuses the change: an earlier script may use all but a little of them.
HAND_OVER = 1.0
WHOLE = 9.0
# So long whoever hands over may still take to tell the system's log that it did not. Nobody waits for that.
TELLING = 5.0

ACCEPTED = 0
REFUSED = 1

MOST_PASSWORD = 1024
MOST_NAME = 256


def main():
    began = time.monotonic()
    forbid_core_dumps()
    password = read_all(0)
    if EARLIER:
        status = ask_earlier(password)
        if status != 0:
            return status
    elif not is_complex(password):
        return REFUSED
    seconds = min(HAND_OVER, WHOLE - (time.monotonic() - began))
    try:
        hand_over_within(seconds, password)
    except Exception:
        pass
    return ACCEPTED


def forbid_core_dumps():
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except Exception:
        pass


def read_all(descriptor):
    parts = []
    while True:
        part = os.read(descriptor, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)


def ask_earlier(password):
    """The verdict of the script of before. Samba starts it by /bin/sh, too, with the same environment."""
    import subprocess

    done = subprocess.run(["/bin/sh", "-c", EARLIER], input=password, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode


# --- The verdict: check_password_quality of Samba 4.17, lib/util/genrand_util.c ---

SYMBOLS = frozenset("~!@#$%^&*_-+=`|\\(){}[]:;\"'<>,.?/")

# Beyond ASCII, what Samba's own case tables (not those of Python) know a lower and an upper case of: single ones, FIRST-LAST, and
# FIRST~LAST for every second one. Whatever else is beyond ASCII is a class of its own.
UPPER = """
c0-d6 d8-de 100~12e 132~136 139~147 14a~178 179~17d 181-182 184~186 187~189 18a-18b 18e-191 193-194 196-198 19c-19d 19f-1a0 1a2~1a4
1a7~1a9 1ac~1ae 1af~1b1 1b2-1b3 1b5~1b7 1b8 1bc 1c4 1c7 1ca 1cd~1db 1de~1ee 1f1 1f4 1fa~216 386~388 389-38a 38c~38e 38f~391 392-3a1
3a3-3ab 3e2~3ee 401-40c 40e-42f 460~480 490~4be 4c1~4c3 4c7 4cb 4d0~4ea 4ee~4f4 4f8 531-556 1e00~1e94 1ea0~1ef8 1f08-1f0f 1f18-1f1d
1f28-1f2f 1f38-1f3f 1f48-1f4d 1f59~1f5f 1f68-1f6f 1fb8-1fbb 1fc8-1fcb 1fd8-1fdb 1fe8-1fec 1ff8-1ffb 2160-216f 24b6-24cf ff21-ff3a
"""
LOWER = """
e0-f6 f8-ff 101~12f 133~137 13a~148 14b~177 17a~17e 183~185 188 18c 192 199 1a1~1a5 1a8 1ad 1b0 1b4~1b6 1b9 1bd 1c6 1c9 1cc~1dc
1dd~1ef 1f3~1f5 1fb~217 253-254 256-257 259~25b 260 263 268-269 26f 272 275 283 288~28a 28b 292 3ac-3af 3b1-3ce 3e3~3ef 430-44f
451-45c 45e-45f 461~481 491~4bf 4c2~4c4 4c8 4cc 4d1~4eb 4ef~4f5 4f9 561-586 1e01~1e95 1ea1~1ef9 1f00-1f07 1f10-1f15 1f20-1f27
1f30-1f37 1f40-1f45 1f51~1f57 1f60-1f67 1f70-1f7d 1fb0-1fb1 1fd0-1fd1 1fe0-1fe1 1fe5 2170-217f 24d0-24e9 ff41-ff5a
"""


def is_complex(password):
    """Three of five: upper case, lower case, digits, symbols, whatever else is beyond ASCII. A text for C ends at its first zero byte."""
    try:
        text = password.split(b"\0", 1)[0].decode("utf-8")
    except UnicodeDecodeError:
        return False
    found = {class_of(character) for character in set(text)}
    found.discard(None)
    return len(found) >= 3


def class_of(character):
    if character < "\x80":
        if "0" <= character <= "9":
            return "digit"
        if "A" <= character <= "Z":
            return "upper"
        if "a" <= character <= "z":
            return "lower"
        return "symbol" if character in SYMBOLS else None
    code = ord(character)
    if code in spread(UPPER):
        return "upper"
    return "lower" if code in spread(LOWER) else "other"


SPREAD = {}


def spread(ranges):
    """All that the ranges name, worked out once: the longest password must not take the time that Samba gives."""
    if ranges not in SPREAD:
        SPREAD[ranges] = frozenset(code for one in ranges.split() for code in codes_of(one))
    return SPREAD[ranges]


def codes_of(one):
    ends = [int(end, 16) for end in one.replace("~", "-").split("-")]
    return range(ends[0], ends[-1] + 1, 2 if "~" in one else 1)


# --- Handing over: docs/guide/password-capture.md, "The protocol" ---


def hand_over_within(seconds, password):
    """A child does it, so that nothing it hangs in (a file system, a log) holds the change up: it is left alone when the time is over."""
    if seconds <= 0:
        return
    deadline = time.monotonic() + seconds
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            leave_stdio()
            end_within(seconds + TELLING)
            hand_over(deadline, password)
        finally:
            os._exit(0)
    os.close(writer)
    # The child never writes: its end closes the pipe. It is not killed: it has the system's log to tell, and ends by itself.
    import select

    select.select([reader], [], [], max(0, deadline - time.monotonic()))


def end_within(seconds):
    """The kernel ends this process then, whatever it hangs in and whatever Samba has set for signals."""
    import signal

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, seconds)


def leave_stdio():
    """Samba waits until everybody has closed the outputs that it gave us."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


def hand_over(deadline, password):
    account = os.environ.get("SAMBA_CPS_ACCOUNT_NAME", "")
    try:
        answer = exchange(deadline, request_of(account, password))
        if answer != b"taken\n":
            raise OSError("Dirbridge answered: " + answer.decode("ascii", "replace").strip())
    except Exception as error:
        complain(account, error)


def request_of(account, password):
    name = os.fsencode(account)
    source = SOURCE.encode("utf-8")
    if not 0 < len(name) <= MOST_NAME:
        raise OSError("the name of the account has %d bytes" % len(name))
    if not 0 < len(password) <= MOST_PASSWORD:
        raise OSError("the password has %d bytes, at most %d can be set in the tenant" % (len(password), MOST_PASSWORD))
    head = b"DBPW\x01" + bytes([len(source)])
    lengths = len(name).to_bytes(2, "big") + len(password).to_bytes(2, "big")
    return head + lengths + int(time.time() * 1000).to_bytes(8, "big") + source + name + password


def exchange(deadline, request):
    import socket

    check_place()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(left_until(deadline))
        connection.connect(SOCKET)
        check_peer(connection, socket)
        connection.sendall(request)
        answer = b""
        while not answer.endswith(b"\n") and len(answer) < 200:
            connection.settimeout(left_until(deadline))
            part = connection.recv(200)
            if not part:
                break
            answer += part
        return answer


def left_until(deadline):
    """Nothing is sent any more when the time is over: the next change may have begun."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def check_place():
    """Nobody but the owner (and root) can have put the socket there."""
    import stat

    folder = os.lstat(os.path.dirname(SOCKET))
    if not stat.S_ISDIR(folder.st_mode) or folder.st_uid not in (OWNER, 0) or folder.st_mode & 0o022:
        raise OSError("the folder of the socket is not that of user %d alone" % OWNER)
    found = os.lstat(SOCKET)
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != OWNER or found.st_mode & 0o007:
        raise OSError("the socket is not that of user %d alone" % OWNER)


def check_peer(connection, socket):
    """SO_PEERCRED, unix(7): process, user and group of whoever began to listen, as the kernel knows them."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    user = int.from_bytes(credentials[4:8], sys.byteorder)
    if user != OWNER:
        raise OSError("user %d listens on the socket, not user %d" % (user, OWNER))


def complain(account, error):
    """To the system's log: who, and why, never what."""
    try:
        import syslog

        syslog.openlog("dirbridge-check-password", 0, syslog.LOG_AUTH)
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        if isinstance(error, TimeoutError):
            text = "Dirbridge did not answer in time"
        shown = account.encode("ascii", "replace").decode("ascii")
        syslog.syslog(syslog.LOG_WARNING, "the new password of %s was not handed over: %s" % (shown, text))
    except Exception:
        pass


if __name__ == "__main__":
    sys.exit(main())
