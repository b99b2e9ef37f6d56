/*
 * arp_probe - how fast addresses are answered on a LAN
 *
 *   arp_probe latency IFACE SENDER N TARGET...
 *       asks each target in turn, N times, one question at a time; prints for
 *       each a JSON line with the median and the 99th percentile in
 *       microseconds and the number of unanswered questions.
 *   arp_probe flood IFACE SENDER IN_FLIGHT MILLISECONDS TARGET
 *       keeps IN_FLIGHT questions open (at most 256; the last byte of the sender's
 *       address tells them apart); prints answers per second and the unanswered.
 *   arp_probe watch IFACE SENDER PER_SECOND MILLISECONDS TARGET
 *       asks at a steady rate without waiting, until the time is over or SIGTERM
 *       comes; prints for each question when it was asked (CLOCK_MONOTONIC, ns)
 *       and which MAC addresses answered it.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_BYTES 60
#define LOST_NS INT64_C(200000000)
#define MAX_IN_FLIGHT 256
#define MAX_ANSWERS 4

struct prober {
	int fd;
	uint8_t mac[6], sender[4];
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_prober(struct prober *p, const char *interface, const char *sender)
{
	/* Replies only: other frames must not cost anything here. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 64),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = 4, .filter = code };
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP) };
	struct ifreq request = { 0 };
	int big = 4 << 20;

	p->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (p->fd < 0)
		return -errno;
	strncpy(request.ifr_name, interface, sizeof(request.ifr_name) - 1);
	if (ioctl(p->fd, SIOCGIFHWADDR, &request) != 0)
		return -errno;
	memcpy(p->mac, request.ifr_hwaddr.sa_data, 6);
	at.sll_ifindex = (int)if_nametoindex(interface);
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	if (setsockopt(p->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
	    bind(p->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		return -errno;
	return inet_pton(AF_INET, sender, p->sender) == 1 ? 0 : -EINVAL;
}

static void ask(const struct prober *p, const uint8_t sender[4], const uint8_t target[4])
{
	static const uint8_t head[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };
	uint8_t frame[FRAME_BYTES] = { 0 };

	memset(frame, 0xff, 6);
	memcpy(frame + 6, p->mac, 6);
	memcpy(frame + 12, head, sizeof(head));
	memcpy(frame + 22, p->mac, 6);
	memcpy(frame + 28, sender, 4);
	memcpy(frame + 38, target, 4);
	if (send(p->fd, frame, sizeof(frame), 0) < 0)
		perror("send");
}

/* An answer about `target`: the last byte of the address that had asked, or -1 after timeout_ms. */
static int answer(const struct prober *p, const uint8_t target[4], int timeout_ms)
{
	struct pollfd ready = { .fd = p->fd, .events = POLLIN };
	uint8_t frame[128];

	for (;;) {
		ssize_t n = recv(p->fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (n >= 42 && memcmp(frame + 28, target, 4) == 0)
			return frame[41];
		if (n < 0 && poll(&ready, 1, timeout_ms) <= 0)
			return -1;
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int latency(const struct prober *p, unsigned n, char **name, unsigned n_target)
{
	int64_t *took = calloc((size_t)n * n_target, sizeof(*took));
	unsigned *count = calloc(n_target, sizeof(*count));

	for (unsigned i = 0; took && count && i < n * n_target; i++) {
		unsigned which = i % n_target;
		uint8_t target[4];
		int64_t begun;

		if (inet_pton(AF_INET, name[which], target) != 1)
			return 2;
		begun = now_ns();
		ask(p, p->sender, target);
		if (answer(p, target, (int)(LOST_NS / 1000000)) >= 0)
			took[(size_t)which * n + count[which]++] = now_ns() - begun;
	}
	for (unsigned i = 0; took && count && i < n_target; i++) {
		int64_t *first = took + (size_t)i * n;

		qsort(first, count[i], sizeof(*first), by_value);
		printf("{\"target\":\"%s\",\"p50_us\":%.1f,\"p99_us\":%.1f,\"unanswered\":%u}\n", name[i],
		       count[i] ? (double)first[count[i] / 2] / 1000 : -1.0,
		       count[i] ? (double)first[(size_t)count[i] * 99 / 100] / 1000 : -1.0, n - count[i]);
	}
	free(took);
	free(count);
	return 0;
}

static int flood(const struct prober *p, unsigned in_flight, unsigned ms, const char *name)
{
	int64_t asked[MAX_IN_FLIGHT] = { 0 }, end, begun = now_ns(), now;
	uint8_t target[4], sender[4];
	unsigned long answered = 0, lost = 0;
	int id;

	if (inet_pton(AF_INET, name, target) != 1 || in_flight > MAX_IN_FLIGHT)
		return 2;
	memcpy(sender, p->sender, 4);
	end = begun + (int64_t)ms * 1000000;
	for (unsigned i = 0; i < in_flight; i++) {
		sender[3] = (uint8_t)i;
		asked[i] = now_ns();
		ask(p, sender, target);
	}
	while ((now = now_ns()) < end) {
		id = answer(p, target, 50);
		if (id >= 0 && asked[id]) {
			answered++;
			sender[3] = (uint8_t)id;
			asked[id] = now;
			ask(p, sender, target);
			continue;
		}
		for (unsigned i = 0; id < 0 && i < in_flight; i++) {
			if (now - asked[i] < LOST_NS)
				continue;
			lost++;
			sender[3] = (uint8_t)i;
			asked[i] = now;
			ask(p, sender, target);
		}
	}
	printf("{\"target\":\"%s\",\"per_second\":%.0f,\"answered\":%lu,\"unanswered\":%lu}\n", name,
	       (double)answered * 1e9 / (double)(now - begun), answered, lost);
	return 0;
}

struct question {
	int64_t asked;
	uint8_t by[MAX_ANSWERS][6];
	unsigned n;
};

/* Note who answers until `until`; the last byte of the asking address tells questions apart. */
static void take_answers(const struct prober *p, const uint8_t target[4], struct question *question,
			 unsigned n_asked, int64_t until)
{
	struct pollfd ready = { .fd = p->fd, .events = POLLIN };
	uint8_t frame[128];
	int64_t now;

	while ((now = now_ns()) < until) {
		ssize_t n = recv(p->fd, frame, sizeof(frame), MSG_DONTWAIT);
		unsigned back = n >= 42 ? (n_asked - 1 - frame[41]) % MAX_IN_FLIGHT : 0;
		struct timespec left = { .tv_nsec = until - now };

		if (n >= 42 && memcmp(frame + 28, target, 4) == 0 && memcmp(frame + 38, p->sender, 3) == 0 &&
		    back < n_asked) {
			struct question *q = &question[n_asked - 1 - back];

			if (q->n < MAX_ANSWERS)
				memcpy(q->by[q->n++], frame + 22, 6);
		}
		if (n < 0)
			(void)ppoll(&ready, 1, &left, NULL);
	}
}

/* From here on SIGTERM waits until it is asked for. */
static void hold_sigterm(sigset_t *held)
{
	sigemptyset(held);
	sigaddset(held, SIGTERM);
	sigprocmask(SIG_BLOCK, held, NULL);
}

static int watch(const struct prober *p, unsigned per_second, unsigned ms, const char *name)
{
	unsigned n = per_second * ms / 1000;
	struct question *question = calloc(n, sizeof(*question));
	int64_t step = INT64_C(1000000000) / per_second, next = now_ns();
	const struct timespec at_once = { 0 };
	uint8_t target[4], sender[4];
	sigset_t held;

	if (!question || inet_pton(AF_INET, name, target) != 1)
		return 2;
	hold_sigterm(&held);
	memcpy(sender, p->sender, 4);
	for (unsigned i = 0; i < n; i++) {
		if (sigtimedwait(&held, NULL, &at_once) == SIGTERM)
			n = i + 1; /* the last one */
		sender[3] = (uint8_t)i;
		question[i].asked = now_ns();
		ask(p, sender, target);
		next += step;
		take_answers(p, target, question, i + 1, i + 1 < n ? next : next + LOST_NS);
	}
	for (unsigned i = 0; i < n; i++) {
		printf("%lld", (long long)question[i].asked);
		for (unsigned k = 0; k < question[i].n; k++) {
			const uint8_t *by = question[i].by[k];

			printf(" %02x:%02x:%02x:%02x:%02x:%02x", by[0], by[1], by[2], by[3], by[4], by[5]);
		}
		printf("\n");
	}
	free(question);
	return 0;
}

int main(int argc, char **argv)
{
	struct prober p;
	int rc;

	if (argc < 6) {
		fprintf(stderr, "usage: %s latency IFACE SENDER N TARGET...\n"
				"       %s flood IFACE SENDER IN_FLIGHT MILLISECONDS TARGET\n"
				"       %s watch IFACE SENDER PER_SECOND MILLISECONDS TARGET\n",
			argv[0], argv[0], argv[0]);
		return 2;
	}
	rc = open_prober(&p, argv[2], argv[3]);
	if (rc != 0) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(-rc));
		return 1;
	}
	if (strcmp(argv[1], "latency") == 0)
		return latency(&p, (unsigned)strtoul(argv[4], NULL, 10), argv + 5, (unsigned)argc - 5);
	if (argc == 7 && strcmp(argv[1], "watch") == 0)
		return watch(&p, (unsigned)strtoul(argv[4], NULL, 10),
			     (unsigned)strtoul(argv[5], NULL, 10), argv[6]);
	return argc == 7 ? flood(&p, (unsigned)strtoul(argv[4], NULL, 10),
				 (unsigned)strtoul(argv[5], NULL, 10), argv[6]) :
			   2;
}
