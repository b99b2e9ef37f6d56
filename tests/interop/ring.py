"""ring - one ring of gossip members for tests, each in a process and a namespace of its own"""
# SPDX-License-Identifier: Apache-2.0
from lab import peers, poll, segment

OURS = ("speaker", "ours")  # the real one, and its gossip alone


class Ring:
    """Members at the hosts first, first + 1, ... of a segment; their kinds are of OURS, "new" or "old"."""

    def __init__(self, lan, programs, first, kinds, **options):
        self.lan, self.programs, self.options = lan, programs, options
        self.number = {f"h{first + i}": first + i for i in range(len(kinds))}
        self.kind = dict(zip(self.number, kinds))
        self.peer = {}

    def __str__(self):
        return f"{len(self.kind)} members ({', '.join(self.kind.values())})"

    @property
    def names(self):
        return set(self.peer)

    def of(self, ours):
        """The members of ours, or memberlist's."""
        return [name for name in self.number if name in self.peer and (self.kind[name] in OURS) == ours]

    def start(self, name):
        address = segment.address(self.number[name])
        if self.kind[name] == "speaker":
            self.peer[name] = peers.Speaker(self.lan.command(name), name, address, **self.options)
            return
        self.peer[name] = peers.Peer(self.lan.command(name, self.programs[self.kind[name]]), **self.options)
        self.peer[name].do("add", name, address, peers.PORT)

    def join(self, name):
        """Ours are told of all others, as by the API; memberlist joins those that run, as MetalLB does."""
        known = self.number if self.kind[name] in OURS else self.names
        self.peer[name].do("join", name, *(f"{segment.address(self.number[other])}:{peers.PORT}"
                                           for other in known if other != name))

    def start_all(self):
        for name in self.number:
            self.start(name)
        for name in self.number:
            self.join(name)

    def kill(self, name):
        self.peer.pop(name).kill()

    def leave(self, name):
        if self.kind[name] == "speaker":
            self.peer[name].end()
        else:
            self.peer[name].do("leave", name)
        self.kill(name)

    def marks(self):
        return {name: peer.mark() for name, peer in self.peer.items()}

    def view(self, name):
        return set(self.peer[name].members(name)["members"])

    def wait_view(self, names, seconds, of=None):
        """Until each of `of` (unset: of `names`) sees exactly `names`."""
        names = set(names)
        for name in of or names:
            poll.until(lambda name=name: self.view(name) == names, seconds,
                       f"{name} ({self.kind[name]}) of {self} sees {sorted(names)}, not {sorted(self.view(name))}",
                       every=0.1)

    def wait_event(self, what, node, seconds, marks):
        """Until every member that runs was told so of `node` since the marks."""
        for name in self.names - {node}:
            poll.until(lambda name=name: self.peer[name].events(what, marks[name], node=node), seconds,
                       f"{name} ({self.kind[name]}) of {self} hears {what} of {node}")

    def events(self, what, marks):
        """(member, about whom) since the marks; of those that ran at both ends."""
        return [(name, line["node"]) for name, peer in self.peer.items() if name in marks
                for line in peer.events(what, marks[name])]

    def doubts(self, marks):
        """Every suspicion and refutation since the marks, as memberlist's log tells."""
        found = []
        for name in self.of(ours=False):
            for text in ("Suspect", "Refuting", "Marking"):
                found += [line["text"] for line in self.peer[name].logged(f"memberlist: {text}", marks[name])]
        return found

    def suspected(self, name, marks, asleep):
        """Some member doubts `name`: memberlist said so since the marks, or one of ours that is awake does so now.

        Memberlist's log has only what its writer found itself, so both have to be asked.
        """
        return (any(f"Suspect {name} " in text for text in self.doubts(marks)) or
                any(name in self.peer[other].members(other)["suspects"]
                    for other in self.names - asleep if self.kind[other] == "ours"))

    def stop(self):
        for name in list(self.peer):
            self.kill(name)
