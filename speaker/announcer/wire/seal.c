/* seal - see seal.h */
/* SPDX-License-Identifier: Apache-2.0 */
#include "speaker/announcer/wire/seal.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define VERSION 1
#define TAG_BYTES 16

static const uint8_t sha256_of_nothing[32] = {
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

struct seal_key seal_key_of(const uint8_t *secret, size_t n, size_t key_bytes)
{
	struct seal_key key = { .n = key_bytes };
	size_t kept = n < key_bytes ? n : key_bytes;

	CHECK(key_bytes == 16 || key_bytes == 32);
	memcpy(key.byte, secret, kept);
	memcpy(key.byte + kept, sha256_of_nothing, key_bytes - kept);
	return key;
}

const char *seal_key_id(const struct seal_key *key, char out_id[static SEAL_KEY_ID_MAX])
{
	static const char label[] = "tinlb key id";
	uint8_t input[sizeof(label) + sizeof(key->byte)] = { 0 };
	uint8_t digest[EVP_MAX_MD_SIZE];

	memcpy(input, label, sizeof(label));
	memcpy(input + sizeof(label), key->byte, key->n);
	CHECK(EVP_Digest(input, sizeof(label) + key->n, digest, NULL, EVP_sha256(), NULL) == 1);
	OPENSSL_cleanse(input, sizeof(input));
	snprintf(out_id, SEAL_KEY_ID_MAX, "%02x%02x%02x%02x", digest[0], digest[1], digest[2],
		 digest[3]);
	return out_id;
}

static const EVP_CIPHER *cipher_of(const struct seal_key *key)
{
	return key->n == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
}

int seal_close(const struct seal_ring *ring, const uint8_t nonce[static SEAL_NONCE_BYTES],
	       struct seal_bytes plain, struct seal_bytes aad, uint8_t *out_bytes)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *body = out_bytes + 1 + SEAL_NONCE_BYTES;
	int n, tail;
	bool ok;

	CHECK(ctx && ring->n > 0 && plain.n > 0 && plain.n <= INT_MAX && aad.n <= INT_MAX);
	ok = EVP_EncryptInit_ex(ctx, cipher_of(&ring->key[0]), NULL, ring->key[0].byte, nonce) == 1 &&
	     (aad.n == 0 || EVP_EncryptUpdate(ctx, NULL, &n, aad.bytes, (int)aad.n) == 1) &&
	     EVP_EncryptUpdate(ctx, body, &n, plain.bytes, (int)plain.n) == 1 &&
	     EVP_EncryptFinal_ex(ctx, body + n, &tail) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, body + plain.n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return -EIO;
	out_bytes[0] = VERSION;
	memcpy(out_bytes + 1, nonce, SEAL_NONCE_BYTES);
	return 0;
}

static bool opens(const struct seal_key *key, struct seal_bytes sealed, struct seal_bytes aad,
		  uint8_t *out_bytes)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *nonce = sealed.bytes + 1;
	const uint8_t *body = nonce + SEAL_NONCE_BYTES;
	size_t body_n = sealed.n - SEAL_OVERHEAD;
	uint8_t tag[TAG_BYTES];
	int n, tail;
	bool ok;

	CHECK(ctx != NULL);
	memcpy(tag, body + body_n, TAG_BYTES);
	ok = EVP_DecryptInit_ex(ctx, cipher_of(key), NULL, key->byte, nonce) == 1 &&
	     (aad.n == 0 || EVP_DecryptUpdate(ctx, NULL, &n, aad.bytes, (int)aad.n) == 1) &&
	     EVP_DecryptUpdate(ctx, out_bytes, &n, body, (int)body_n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
	     EVP_DecryptFinal_ex(ctx, out_bytes + n, &tail) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

int seal_open(const struct seal_ring *ring, struct seal_bytes sealed, struct seal_bytes aad,
	      uint8_t *out_bytes)
{
	/* Peers never send an empty plaintext, and older ones cannot read one. */
	if (sealed.n <= SEAL_OVERHEAD || sealed.n > INT_MAX || aad.n > INT_MAX ||
	    sealed.bytes[0] != VERSION)
		return -EBADMSG;
	for (size_t i = 0; i < ring->n; i++)
		if (opens(&ring->key[i], sealed, aad, out_bytes))
			return (int)i;
	return -EBADMSG;
}

void seal_forget(struct seal_ring *ring)
{
	OPENSSL_cleanse(ring, sizeof(*ring));
}
