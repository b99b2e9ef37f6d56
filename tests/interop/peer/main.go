// main - members of hashicorp/memberlist with MetalLB's settings, run from standard input
//
// One process holds any number of members. Standard input takes one command a line:
//
//	add NAME ADDRESS PORT       a member that listens there
//	join NAME ADDRESS:PORT...   push/pull with these
//	members NAME                prints who lives in its view, and its health score
//	leave NAME                  tells the others, then ends, as MetalLB does on SIGTERM
//	crash NAME                  ends without a word
//
// Standard output is one JSON object a line; "at" is CLOCK_MONOTONIC in nanoseconds.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/hashicorp/memberlist"
)

const clockMonotonic = 1

func monotonic() int64 {
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

type line map[string]interface{}

var outLock sync.Mutex

func say(fields line) {
	fields["at"] = monotonic()
	text, _ := json.Marshal(fields)
	outLock.Lock()
	defer outLock.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

// events prints what one member is told of the others.
type events struct{ member string }

func (e *events) NotifyJoin(n *memberlist.Node)   { e.say("join", n) }
func (e *events) NotifyLeave(n *memberlist.Node)  { e.say("leave", n) }
func (e *events) NotifyUpdate(n *memberlist.Node) { e.say("update", n) }

func (e *events) say(what string, n *memberlist.Node) {
	say(line{"event": what, "member": e.member, "node": n.Name})
}

// logLines prints memberlist's own log: it names suspicions and refutations.
type logLines struct{ member string }

func (l *logLines) Write(text []byte) (int, error) {
	say(line{"event": "log", "member": l.member, "text": strings.TrimSpace(string(text))})
	return len(text), nil
}

// key is MetalLB's rule: the first bytes of the secret and the digest of nothing.
func key(secret string, bytes int) []byte {
	if secret == "" {
		return nil
	}
	return sha256.New().Sum([]byte(secret))[:bytes]
}

type options struct {
	secret                                      string
	keyBytes, suspicionMult                     int
	probeInterval, probeTimeout, gossipInterval time.Duration
}

type peer struct {
	options options
	list    map[string]*memberlist.Memberlist
}

func (p *peer) add(name, address, port string) error {
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	c := memberlist.DefaultLANConfig()
	c.Name, c.BindAddr, c.BindPort, c.AdvertisePort = name, address, number, number
	c.SecretKey = key(p.options.secret, p.options.keyBytes)
	c.Events = &events{name}
	c.LogOutput = &logLines{name}
	if p.options.probeInterval != 0 {
		c.ProbeInterval = p.options.probeInterval
	}
	if p.options.probeTimeout != 0 {
		c.ProbeTimeout = p.options.probeTimeout
	}
	if p.options.gossipInterval != 0 {
		c.GossipInterval = p.options.gossipInterval
	}
	if p.options.suspicionMult != 0 {
		c.SuspicionMult = p.options.suspicionMult
	}
	p.list[name], err = memberlist.Create(c)
	return err
}

func (p *peer) members(name string, list *memberlist.Memberlist) {
	names, meta := []string{}, map[string]string{}
	for _, n := range list.Members() {
		names = append(names, n.Name)
		meta[n.Name] = hex.EncodeToString(n.Meta)
	}
	sort.Strings(names)
	say(line{"reply": "members", "member": name, "members": names, "meta": meta,
		"health": list.GetHealthScore()})
}

func (p *peer) end(name string, list *memberlist.Memberlist, leave bool) error {
	delete(p.list, name)
	if leave {
		if err := list.Leave(time.Second); err != nil {
			return err
		}
	}
	return list.Shutdown()
}

func (p *peer) run(word []string) error {
	if len(word) < 2 {
		return fmt.Errorf("a command is VERB NAME ...")
	}
	verb, name := word[0], word[1]
	if verb == "add" && len(word) == 4 {
		return p.add(name, word[2], word[3])
	}
	list := p.list[name]
	if list == nil {
		return fmt.Errorf("there is no member %s", name)
	}
	switch verb {
	case "join":
		_, err := list.Join(word[2:])
		return err
	case "members":
		p.members(name, list)
		return nil
	case "leave", "crash":
		return p.end(name, list, verb == "leave")
	}
	return fmt.Errorf("there is no command %s", verb)
}

func main() {
	o := options{}
	flag.StringVar(&o.secret, "secret", "", "the Secret's text; empty: no encryption")
	flag.IntVar(&o.keyBytes, "key-bytes", 32, "16 (MetalLB before 0.14) or 32")
	flag.DurationVar(&o.probeInterval, "probe-interval", 0, "unset: memberlist's for LANs")
	flag.DurationVar(&o.probeTimeout, "probe-timeout", 0, "unset: memberlist's for LANs")
	flag.DurationVar(&o.gossipInterval, "gossip-interval", 0, "unset: memberlist's for LANs")
	flag.IntVar(&o.suspicionMult, "suspicion-mult", 0, "unset: memberlist's for LANs")
	flag.Parse()
	p := &peer{o, map[string]*memberlist.Memberlist{}}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		if err := p.run(strings.Fields(in.Text())); err != nil {
			say(line{"reply": "error", "command": in.Text(), "error": err.Error()})
		} else if !strings.HasPrefix(in.Text(), "members ") {
			say(line{"reply": "done", "command": in.Text()})
		}
	}
}
