"""A small IMAP server on a real TLS socket of 127.0.0.1, with mailboxes in memory and faults on demand.

    with ImapServer(tls=certificates.server("good")) as server:
        uid = server.put("INBOX", b"Subject: Hello\\r\\n\\r\\nText.\\r\\n")
        ...  # read server.url("INBOX")
        assert server.flags("INBOX", uid) == {"\\\\Seen"}

It knows the commands that a reader of mailboxes needs, by RFC 3501, 4315 (UIDPLUS) and 6851 (MOVE).
"""

import re
import socket
import socketserver
import ssl
import threading
import time
from base64 import b64decode
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, Self

_LINE = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')


@dataclass
class Mail:
    """One mail of a mailbox."""

    uid: int
    body: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Box:
    """One mailbox."""

    validity: int = 7
    next_uid: int = 1
    mails: list[Mail] = field(default_factory=list)


class ImapServer:
    """The server. Faults: `drops` and `hangs` name commands, `lies` answers with what it is told to."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.tls = tls
        self.user, self.password = "desk", "öpen sesame"
        self.capabilities = "IMAP4rev1 AUTH=PLAIN MOVE UIDPLUS"
        self.read_only = False
        self.boxes = {"INBOX": Box()}
        #: commands as they came, without what follows LOGIN and AUTHENTICATE
        self.journal: list[str] = []
        self.connections = 0
        #: command → the connection ends before it is done
        self.drops: set[str] = set()
        #: command → no answer, until the client has gone
        self.hangs: set[str] = set()
        #: command → these bytes instead of an answer
        self.lies: dict[str, bytes] = {}
        self._lock = threading.Lock()

        class Handler(socketserver.BaseRequestHandler):
            def handle(handler) -> None:  # noqa: N805 - `self` is the server here
                self._serve(handler.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A client that went away is nothing to tell."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, mailbox: str = "INBOX") -> str:
        return f"imaps://127.0.0.1:{self.port}/{mailbox}"

    def put(self, mailbox: str, body: bytes) -> int:
        """Deliver a mail; returns its UID."""
        with self._lock:
            box = self.boxes.setdefault(mailbox, Box())
            box.mails.append(Mail(box.next_uid, body))
            box.next_uid += 1
            return box.next_uid - 1

    def uids(self, mailbox: str) -> list[int]:
        return [mail.uid for mail in self.boxes[mailbox].mails]

    def flags(self, mailbox: str, uid: int) -> set[str]:
        return next(mail.flags for mail in self.boxes[mailbox].mails if mail.uid == uid)

    # --- one connection ------------------------------------------------------------------------------------

    def _serve(self, plain: socket.socket) -> None:
        self.connections += 1
        plain.settimeout(20)
        # An answer in pieces waits for nobody's acknowledgement: 40 ms a mail.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with self.tls.wrap_socket(plain, server_side=True) as line, line.makefile("rb") as file:
                _Session(self, line, file).run()
        except OSError:
            pass


class _Session:
    """What one client says and hears."""

    def __init__(self, server: ImapServer, line: ssl.SSLSocket, file: BinaryIO) -> None:
        self.server = server
        self.line = line
        self.file = file
        self.box: Box | None = None

    def run(self) -> None:
        self.say("* OK Kestrel IMAP ready")
        while raw := self.file.readline():
            tag, *words = [
                (quoted or group or atom).decode().replace('\\"', '"').replace("\\\\", "\\")
                for quoted, group, atom in _LINE.findall(raw)
            ]
            uid = words[0].upper() == "UID"
            verb = words[1 if uid else 0].upper()
            rest = words[2 if uid else 1 :]
            secret = verb in ("LOGIN", "AUTHENTICATE")
            self.server.journal.append(verb if secret else " ".join([verb, *rest]))
            if verb in self.server.drops:
                return
            if verb in self.server.hangs:
                self.line.recv(1)
                return
            if verb in self.server.lies:
                self.line.sendall(self.server.lies[verb])
                time.sleep(0.2)
                return
            with self.server._lock:
                answer = getattr(self, f"do_{verb.lower()}", self.unknown)(*rest)
            self.say(f"{tag} {answer}")
            if verb == "LOGOUT":
                return

    def say(self, text: str) -> None:
        self.line.sendall(text.encode() + b"\r\n")

    def unknown(self, *_: str) -> str:
        return "BAD unknown command"

    def do_capability(self) -> str:
        self.say(f"* CAPABILITY {self.server.capabilities}")
        return "OK done"

    def do_authenticate(self, _: str) -> str:
        self.say("+ ")
        _, user, password = b64decode(self.file.readline()).decode().split("\0")
        return self._signed_in(user, password)

    def do_login(self, user: str, password: str) -> str:
        return self._signed_in(user, password)

    def do_select(self, name: str) -> str:
        if name not in self.server.boxes:
            return "NO no such mailbox"
        self.box = self.server.boxes[name]
        self.say(f"* {len(self.box.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.box.validity}] valid")
        self.say(f"* OK [UIDNEXT {self.box.next_uid}] next")
        return f"OK [READ-{'ONLY' if self.server.read_only else 'WRITE'}] done"

    do_examine = do_select

    def do_search(self, _: str, numbers: str) -> str:
        low, high = map(int, numbers.split(":"))
        found = [str(mail.uid) for mail in self._mails() if low <= mail.uid <= high]
        self.say(" ".join(["* SEARCH", *found]))
        return "OK done"

    def do_fetch(self, numbers: str, wanted: str) -> str:
        for place, mail in enumerate(self._mails(), 1):
            if str(mail.uid) not in numbers.split(","):
                continue
            if "RFC822.SIZE" in wanted:
                self.say(f"* {place} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.body)})")
            else:
                head = f"* {place} FETCH (UID {mail.uid} BODY[] {{{len(mail.body)}}}\r\n"
                self.line.sendall(head.encode() + mail.body + b")\r\n")
        return "OK done"

    def do_store(self, number: str, _: str, flags: str) -> str:
        for mail in self._mails():
            if str(mail.uid) == number:
                mail.flags |= set(flags.strip("()").split())
        return "OK done"

    def do_move(self, number: str, target: str) -> str:
        answer = self.do_copy(number, target)
        if answer.startswith("OK"):
            self._box().mails = [mail for mail in self._mails() if str(mail.uid) != number]
        return answer

    def do_copy(self, number: str, target: str) -> str:
        if target not in self.server.boxes:
            return "NO [TRYCREATE] no such mailbox"
        box = self.server.boxes[target]
        for mail in self._mails():
            if str(mail.uid) == number:
                box.mails.append(Mail(box.next_uid, mail.body, set(mail.flags)))
                box.next_uid += 1
        return "OK done"

    def do_expunge(self, *numbers: str) -> str:
        kept = [m for m in self._mails() if "\\Deleted" not in m.flags or str(m.uid) not in numbers]
        self._box().mails = kept
        return "OK done"

    def do_create(self, name: str) -> str:
        self.server.boxes[name] = Box()
        return "OK done"

    def do_logout(self) -> str:
        self.say("* BYE")
        return "OK done"

    def _signed_in(self, user: str, password: str) -> str:
        right = (user, password) == (self.server.user, self.server.password)
        return "OK done" if right else "NO [AUTHENTICATIONFAILED] wrong"

    def _box(self) -> Box:
        assert self.box is not None
        return self.box

    def _mails(self) -> list[Mail]:
        return list(self._box().mails)
