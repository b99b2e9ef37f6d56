/* arp_filter - see arp_filter.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/arp_filter.h"

#define ETH_TYPE_AT 12
#define PROTOCOL_AT 16 /* hardware and protocol type and lengths, 14..19 */
#define SENDER_AT 28
#define TARGET_AT 38
#define ETH_TYPE_ARP 0x0806
#define PROTOCOL_IPV4 0x0800
#define ACCEPT_BYTES 0xffff

struct code {
	struct sock_filter *at;
	size_t n;
};

static void add(struct code *c, uint16_t what, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	c->at[c->n++] = (struct sock_filter){ what, if_true, if_false, k };
}

static void add_return(struct code *c, uint32_t bytes)
{
	add(c, BPF_RET | BPF_K, bytes, 0, 0);
}

/* Unless the half-word at `offset` is `value`: drop. */
static void need_half(struct code *c, uint32_t offset, uint32_t value)
{
	add(c, BPF_LD | BPF_H | BPF_ABS, offset, 0, 0);
	add(c, BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
	add_return(c, 0);
}

/* If the word at `offset` lies in a range: accept. */
static void accept_ranges(struct code *c, uint32_t offset, const struct cover *cover)
{
	add(c, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
	for (size_t i = 0; i < cover->n; i++) {
		add(c, BPF_JMP | BPF_JGE | BPF_K, cover->range[i].first, 0, 2);
		add(c, BPF_JMP | BPF_JGT | BPF_K, cover->range[i].last, 1, 0);
		add_return(c, ACCEPT_BYTES);
	}
}

size_t arp_filter_write(const struct cover *cover, const uint32_t *own, size_t n_own,
			struct sock_filter out_code[static ARP_FILTER_MAX_CODE])
{
	struct code c = { .at = out_code };

	need_half(&c, ETH_TYPE_AT, ETH_TYPE_ARP);
	need_half(&c, PROTOCOL_AT, PROTOCOL_IPV4);
	add(&c, BPF_LD | BPF_W | BPF_ABS, TARGET_AT, 0, 0);
	for (size_t i = 0; i < n_own && i < ARP_FILTER_MAX_OWN; i++) {
		add(&c, BPF_JMP | BPF_JEQ | BPF_K, own[i], 0, 1);
		add_return(&c, 0);
	}
	accept_ranges(&c, TARGET_AT, cover);
	accept_ranges(&c, SENDER_AT, cover);
	add_return(&c, 0);
	return c.n;
}
