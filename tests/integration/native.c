/*
 * For the tests alone: builds one transaction from what the Python side took out of a node and an
 * official wallet, so that a real node can judge the builder without store, message or policy.
 * Lines on standard input:
 *   keys SPEND VIEW              private keys
 *   in KEY BLOB                  an output of ours, and the transaction it stands in
 *   ring INDEX KEY COMMITMENT    a member of the newest input's ring, RING_SIZE of them, rising
 *   pay ADDRESS AMOUNT
 *   fee AMOUNT
 *   change ACCOUNT OUTPUTS
 *   txkey KEY                    the transaction's private key, drawn otherwise: two transactions
 *                                with one key pay one address to one one-time key
 * On standard output: id, weight foreseen, transaction keys joined, blob.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/hex.h"
#include "common/base/secret.h"
#include "common/monero/tx.h"
#include "signer/sign/build.h"

struct job {
	struct account_view account;
	struct spend_key spend;
	struct plan plan;
	size_t n_ring;
};

static struct scalar tx_key;
static bool has_tx_key;

/* The linker puts this in the place of sc_nonce (meson.build), for the builder too. */
void __real_sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
		     const void *message, size_t message_n, const struct rng *rng);
void __wrap_sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
		     const void *message, size_t message_n, const struct rng *rng);
void __wrap_sc_nonce(struct scalar *out, const char *label, const void *secret, size_t secret_n,
		     const void *message, size_t message_n, const struct rng *rng)
{
	__real_sc_nonce(out, label, secret, secret_n, message, message_n, rng);
	if (has_tx_key && strcmp(label, "airlock tx key") == 0) {
		*out = tx_key;
	}
}

static void need(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "native: %s: %s\n", what, err_detail());
		exit(1);
	}
}

static void hex32(void *out, const char *hex)
{
	need(hex && hex_decode(out, 32, hex) == ERR_OK, "32 bytes expected");
}

static uint64_t number(const char *text)
{
	need(text != NULL, "number expected");
	return strtoull(text, NULL, 10);
}

static void read_keys(struct job *j, const char *spend, const char *view)
{
	struct view_key key;
	struct public_key spend_public;
	hex32(j->spend.s.b, spend);
	hex32(key.s.b, view);
	public_of_scalar(&spend_public, &j->spend.s);
	need(account_view_init(&j->account, NETWORK_MAINNET, &key, &spend_public) == ERR_OK,
	     "keys");
}

static bool find_ours(void *ctx, struct subaddress *out, const struct public_key *spend)
{
	for (uint32_t i = 0; i < 12; i++) {
		struct public_key mine;
		*out = (struct subaddress){i / 4, i % 4};
		subaddress_spend_key(&mine, ctx, *out);
		if (memcmp(mine.b, spend->b, 32) == 0) {
			return true;
		}
	}
	return false;
}

/* Our own scan says what the wallet's interface does not: R, index, mask. */
static void read_input(struct job *j, const char *key, const char *hex)
{
	struct tx tx;
	struct tx_extra extra;
	struct owned_output found[64];
	struct derivation derived[4 + 64];
	struct subaddress_book book = {&j->account, find_ours};
	size_t n = hex ? strlen(hex) / 2 : 0, n_found = 0;
	uint8_t *blob = malloc(n + 1), wanted[32];
	hex32(wanted, key);
	need(blob && hex && hex_decode(blob, n, hex) == ERR_OK, "blob");
	need(tx_parse(&tx, blob, n, false) == ERR_OK, "transaction");
	tx_extra_parse(&extra, tx.extra);
	need(extra.n_additional <= 64, "additional keys");
	for (size_t i = 0; i < extra.n_public + extra.n_additional; i++) {
		struct public_key R;
		size_t more = i - extra.n_public;
		memcpy(R.b,
		       i < extra.n_public ? extra.public_key[i].b : extra.additional + 32 * more,
		       32);
		need(derive(&derived[i], &R, &j->account.view.s) == ERR_OK, "derivation");
	}
	need(tx_scan(found, &n_found, 64, &tx, &extra, derived[0].b, &j->account, &book) == ERR_OK,
	     "scan");
	for (size_t i = 0; i < n_found; i++) {
		if (memcmp(found[i].one_time.b, wanted, 32) != 0) {
			continue;
		}
		struct plan_input *in = &j->plan.in[j->plan.n_in++];
		in->tx_public = found[i].tx_public;
		in->output_index = found[i].index;
		in->at = found[i].at;
		in->amount = found[i].amount;
		in->mask = found[i].mask;
		in->real = RING_SIZE;
		memcpy(in->ring[0].key.b, wanted, 32);
	}
	need(j->plan.n_in > 0, "no output of ours with this key");
	j->n_ring = 0;
	tx_free(&tx);
	free(blob);
}

static void read_member(struct job *j, const char *index, const char *key, const char *commitment)
{
	static uint8_t wanted[32];
	need(j->plan.n_in > 0 && j->n_ring < RING_SIZE, "too many ring members");
	struct plan_input *in = &j->plan.in[j->plan.n_in - 1];
	if (j->n_ring == 0) {
		memcpy(wanted, in->ring[0].key.b, 32);
	}
	struct ring_member *m = &in->ring[j->n_ring];
	m->global_index = number(index);
	hex32(m->key.b, key);
	hex32(m->commitment.b, commitment);
	if (memcmp(m->key.b, wanted, 32) == 0) {
		in->real = (uint8_t)j->n_ring;
	}
	j->n_ring++;
}

static void read_line(struct job *j, char *line)
{
	const char *word = strtok(line, " \n"), *a = strtok(NULL, " \n"), *b = strtok(NULL, " \n"),
		   *c = strtok(NULL, " \n");
	if (!word) {
		return;
	}
	if (strcmp(word, "keys") == 0) {
		read_keys(j, a, b);
	} else if (strcmp(word, "in") == 0) {
		need(j->plan.n_in < TX_INPUTS_MAX, "too many inputs");
		read_input(j, a, b);
	} else if (strcmp(word, "ring") == 0) {
		read_member(j, a, b, c);
	} else if (strcmp(word, "pay") == 0) {
		need(j->plan.n_out < TX_OUTPUTS_MAX, "too many payouts");
		struct plan_payout *to = &j->plan.out[j->plan.n_out++];
		need(a && address_parse_for(&to->to, a, NETWORK_MAINNET) == ERR_OK, "address");
		to->amount = amount_of(number(b));
	} else if (strcmp(word, "txkey") == 0) {
		hex32(tx_key.b, a);
		has_tx_key = true;
	} else if (strcmp(word, "fee") == 0) {
		j->plan.fee = amount_of(number(a));
	} else if (strcmp(word, "change") == 0) {
		j->plan.change_account = (uint32_t)number(a);
		j->plan.n_change = (uint8_t)number(b);
	} else {
		need(false, word);
	}
}

static void print_hex(const void *p, size_t n)
{
	char *hex = malloc(2 * n + 1);
	need(hex != NULL, "memory");
	hex_encode(hex, p, n);
	puts(hex);
	free(hex);
}

int main(void)
{
	struct job j = {.plan = {.tx_type = PLAN_TX_CLSAG_BPPLUS, .n_change = 1}};
	struct rng rng = rng_system();
	struct signed_tx t;
	char *line = NULL;
	size_t size = 0;
	need(secret_start() == ERR_OK, "start");
	j.plan.in = calloc(TX_INPUTS_MAX, sizeof *j.plan.in);
	j.plan.out = calloc(TX_OUTPUTS_MAX, sizeof *j.plan.out);
	need(j.plan.in && j.plan.out, "memory");
	while (getline(&line, &size, stdin) > 0) {
		read_line(&j, line);
	}
	free(line);
	need(tx_build(&t, &j.plan, &j.account, &j.spend, &rng) == ERR_OK, "building");
	print_hex(t.id.b, 32);
	printf("%" PRIu64 "\n", plan_weight(&j.plan, &j.account));
	print_hex(t.keys, t.n_keys * sizeof t.keys[0]);
	print_hex(t.blob, t.blob_size);
	signed_tx_free(&t);
	plan_free(&j.plan);
	return 0;
}
