/* test_seal - memberlist's encryption, against packets that Go sealed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "speaker/announcer/wire/seal.h"

#define SECRET "Zm9vYmFyYmF6cXV4MTIzNA"
#define PING_HEX "0082a44e6f6465a66e6f64652d62a55365714e6f07"

static const struct {
	size_t key_bytes;
	const char *key, *sealed;
} vector[] = {
	{ 32, "5a6d3976596d4679596d4636635856344d54497a4e41e3b0c44298fc1c149afb",
	  "016d7b7edc6de00ebb3851883df672aeaf2c7de824b3208de12d3067e031609ef731146c556090a49a720cde"
	  "0bce31cd9fa6" },
	{ 16, "5a6d3976596d4679596d463663585634",
	  "01704b7f61a52978c900ea451d9ef27368c7362dfbcf5f0f9975e6dc9744076ddb22b36055e51c35de72cd84"
	  "75039e691271" },
};

static struct seal_bytes from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		char pair[3] = { hex[0], hex[1], '\0' };

		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return (struct seal_bytes){ out, n };
}

static struct seal_ring ring_of(size_t key_bytes)
{
	struct seal_ring ring = { .n = 1 };

	ring.key[0] = seal_key_of((const uint8_t *)SECRET, strlen(SECRET), key_bytes);
	return ring;
}

static const struct seal_bytes no_aad = { 0 };

static void keys_are_derived_as_metallb_does(void **state)
{
	uint8_t want[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		struct seal_ring ring = ring_of(vector[i].key_bytes);

		from_hex(vector[i].key, want);
		assert_int_equal(ring.key[0].n, vector[i].key_bytes);
		assert_memory_equal(ring.key[0].byte, want, vector[i].key_bytes);
	}
}

static void packets_of_go_are_opened(void **state)
{
	uint8_t sealed[128], plain[128], want[64];
	struct seal_bytes ping = from_hex(PING_HEX, want);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vector); i++) {
		struct seal_ring ring = ring_of(vector[i].key_bytes);
		struct seal_bytes packet = from_hex(vector[i].sealed, sealed);

		assert_int_equal(seal_open(&ring, packet, no_aad, plain), 0);
		assert_int_equal(packet.n - SEAL_OVERHEAD, ping.n);
		assert_memory_equal(plain, want, ping.n);
	}
}

static void every_key_of_the_ring_opens_and_the_first_seals(void **state)
{
	struct seal_ring ring = ring_of(32), old = ring_of(16);
	uint8_t sealed[128], plain[128], bytes[128];
	struct seal_bytes ping = from_hex(PING_HEX, bytes);
	const uint8_t nonce[SEAL_NONCE_BYTES] = { 1, 2, 3 };

	(void)state;
	ring.key[ring.n++] = old.key[0];
	assert_int_equal(seal_open(&ring, from_hex(vector[1].sealed, sealed), no_aad, plain), 1);
	assert_int_equal(seal_close(&ring, nonce, ping, no_aad, sealed), 0);
	assert_int_equal(
		seal_open(&ring, (struct seal_bytes){ sealed, ping.n + SEAL_OVERHEAD }, no_aad, plain),
		0);
	assert_memory_equal(plain, bytes, ping.n);
	assert_int_equal(
		seal_open(&old, (struct seal_bytes){ sealed, ping.n + SEAL_OVERHEAD }, no_aad, plain),
		-EBADMSG);
}

static void a_changed_byte_or_another_head_is_refused(void **state)
{
	struct seal_ring ring = ring_of(32);
	const struct seal_bytes head = { (const uint8_t *)"\x0a\0\0\0\x32", 5 };
	uint8_t sealed[128], plain[128], bytes[128];
	struct seal_bytes ping = from_hex(PING_HEX, bytes);
	const uint8_t nonce[SEAL_NONCE_BYTES] = { 0 };
	size_t n = ping.n + SEAL_OVERHEAD;

	(void)state;
	assert_int_equal(seal_close(&ring, nonce, ping, head, sealed), 0);
	assert_int_equal(seal_open(&ring, (struct seal_bytes){ sealed, n }, head, plain), 0);
	assert_int_equal(seal_open(&ring, (struct seal_bytes){ sealed, n }, no_aad, plain), -EBADMSG);
	for (size_t i = 0; i < n; i++) {
		sealed[i] ^= 0x40;
		assert_int_equal(seal_open(&ring, (struct seal_bytes){ sealed, n }, head, plain),
				 -EBADMSG);
		sealed[i] ^= 0x40;
	}
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(seal_open(&ring, (struct seal_bytes){ sealed, cut }, head, plain),
				 -EBADMSG);
}

static void key_ids_tell_keys_apart_and_not_what_they_are(void **state)
{
	struct seal_ring a = ring_of(16), b = ring_of(32);
	char id_a[SEAL_KEY_ID_MAX], id_b[SEAL_KEY_ID_MAX], again[SEAL_KEY_ID_MAX];

	(void)state;
	seal_key_id(&a.key[0], id_a);
	seal_key_id(&b.key[0], id_b);
	assert_int_equal(strlen(id_a), 8);
	assert_string_not_equal(id_a, id_b);
	assert_string_equal(id_a, seal_key_id(&a.key[0], again));
	seal_forget(&a);
	assert_int_equal(a.n, 0);
	assert_int_equal(a.key[0].byte[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_derived_as_metallb_does),
		cmocka_unit_test(packets_of_go_are_opened),
		cmocka_unit_test(every_key_of_the_ring_opens_and_the_first_seals),
		cmocka_unit_test(a_changed_byte_or_another_head_is_refused),
		cmocka_unit_test(key_ids_tell_keys_apart_and_not_what_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
