/*
 * seal - memberlist's encryption
 *
 * Wire: no state but the caller's ring of keys; libcrypto (AES-GCM of every key
 * size on every machine; libsodium has no AES-128). Layout: version byte 1,
 * nonce of 12 bytes, ciphertext, tag of 16 bytes. Version 0 (padded) is refused.
 *
 * Key derivation is MetalLB's: the first 16 (up to v0.13) or 32 (from v0.14)
 * bytes of secret || SHA-256(""), so nothing is hashed; it must be the same to
 * be understood.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TINLB_SPEAKER_ANNOUNCER_WIRE_SEAL_H
#define TINLB_SPEAKER_ANNOUNCER_WIRE_SEAL_H

#include "common/core/base.h"

#define SEAL_OVERHEAD 29
#define SEAL_NONCE_BYTES 12
#define SEAL_MAX_KEYS 4
#define SEAL_KEY_ID_MAX 9

struct seal_key {
	uint8_t byte[32];
	size_t n; /* 16 or 32 */
};

struct seal_ring { /* key[0] seals, every key opens */
	struct seal_key key[SEAL_MAX_KEYS];
	size_t n;
};

struct seal_bytes { /* a byte string that belongs to somebody else */
	const uint8_t *bytes;
	size_t n;
};

/* The key that MetalLB makes of a secret; key_bytes is 16 or 32. */
struct seal_key seal_key_of(const uint8_t *secret, size_t n, size_t key_bytes);

/* 8 hex digits that tell keys apart without giving them away. */
const char *seal_key_id(const struct seal_key *key, char out_id[static SEAL_KEY_ID_MAX]);

/*
 * Seal with key[0]; out_bytes has room for plain.n + SEAL_OVERHEAD bytes. The
 * nonce must never be used twice with one key. 0 or -EIO.
 */
int seal_close(const struct seal_ring *ring, const uint8_t nonce[static SEAL_NONCE_BYTES],
	       struct seal_bytes plain, struct seal_bytes aad, uint8_t *out_bytes) MUST_CHECK;

/*
 * Open with whichever key fits; out_bytes has room for sealed.n - SEAL_OVERHEAD
 * bytes. The index of the key, or -EBADMSG: no key opens it, it is too short or
 * of another version.
 */
int seal_open(const struct seal_ring *ring, struct seal_bytes sealed, struct seal_bytes aad,
	      uint8_t *out_bytes) MUST_CHECK;

void seal_forget(struct seal_ring *ring); /* wipes the keys */

#endif
