/* get_outs.bin and get_output_distribution.bin: what decoys are chosen from. */
#include <stdlib.h>
#include <string.h>

#include "common/base/text.h"
#include "watcher/chain/epee.h"
#include "watcher/chain/rpc_bin.h"

enum err rpc_status(const char *call, const char *status, size_t n)
{
	if (n == 2 && memcmp(status, "OK", 2) == 0) {
		return ERR_OK;
	}
	if (n == 4 && memcmp(status, "BUSY", 4) == 0) {
		return err_set(ERR_NODE_BUSY, "%s: the node is busy (still synchronizing?)", call);
	}
	char safe[160];
	return err_set(ERR_NODE_ANSWER, "%s: the node says \"%s\"", call,
		       text_safe(safe, sizeof safe, n ? status : "", n));
}

void rpc_outs_request(struct buf *out, const uint64_t *global_indices, size_t n)
{
	epee_begin(out, 2);
	epee_put_bool(out, "get_txid", false);
	epee_put_objects(out, "outputs", n);
	for (size_t i = 0; i < n; i++) {
		epee_put_size(out, 2);
		epee_put_u64(out, "amount", 0); /* the RingCT outputs */
		epee_put_u64(out, "index", global_indices[i]);
	}
}

static void decode_out(struct chain_out *out, struct reader *r)
{
	unsigned seen = 0;
	size_t fields = epee_section(r);
	for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(r, &name);
		if (epee_is(name, "key")) {
			epee_blob(r, &f, &out->key, sizeof out->key);
			seen |= 1;
		} else if (epee_is(name, "mask")) {
			epee_blob(r, &f, &out->commitment, sizeof out->commitment);
			seen |= 2;
		} else if (epee_is(name, "unlocked")) {
			epee_expect(r, &f, EPEE_BOOL, false);
			out->unlocked = epee_bool(r, &f);
			seen |= 4;
		} else if (epee_is(name, "height")) {
			epee_expect(r, &f, EPEE_UINT64, false);
			out->height = epee_u64(r, &f);
			seen |= 8;
		} else {
			epee_skip(r, &f);
		}
	}
	if (seen != 15) {
		reader_fail(r, ERR_PARSE_VALUE);
	}
}

enum err rpc_outs_decode(struct chain_out *out, const uint64_t *global_indices, size_t n,
			 struct span answer)
{
	struct span status = {NULL, 0};
	size_t got = 0;
	memset(out, 0, n * sizeof *out);
	struct reader r = epee_open(answer.p, answer.n);
	size_t fields = epee_section(&r);
	for (size_t i = 0; i < fields && r.failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(&r, &name);
		if (epee_is(name, "outs")) {
			epee_expect(&r, &f, EPEE_OBJECT, true);
			if (f.n > n) {
				reader_fail(&r, ERR_PARSE_VALUE);
			}
			for (got = 0; got < f.n && r.failed == ERR_OK; got++) {
				decode_out(&out[got], &r);
				out[got].global_index = global_indices[got];
			}
		} else if (epee_is(name, "status")) {
			epee_expect(&r, &f, EPEE_STRING, false);
			status = epee_string(&r, &f);
		} else {
			epee_skip(&r, &f);
		}
	}
	enum err e = reader_end(&r);
	if (e != ERR_OK) {
		e = err_set(ERR_NODE_ANSWER, "get_outs.bin: %s", err_text(e));
	} else {
		e = rpc_status("get_outs.bin", (const char *)status.p, status.n);
	}
	if (e == ERR_OK && got != n) {
		e = err_set(ERR_NODE_ANSWER, "get_outs.bin: %zu outputs asked for, %zu came", n,
			    got);
	}
	if (e != ERR_OK) {
		memset(out, 0, n * sizeof *out);
	}
	return e;
}

void rpc_distribution_request(struct buf *out)
{
	static const uint64_t ringct = 0;
	epee_begin(out, 6);
	epee_put_u64s(out, "amounts", &ringct, 1);
	epee_put_bool(out, "binary", true);
	epee_put_bool(out, "compress", false);
	epee_put_bool(out, "cumulative", true);
	epee_put_u64(out, "from_height", 0);
	epee_put_u64(out, "to_height", 0); /* the top */
}

struct distribution {
	struct span counts;
	uint64_t start, amount;
	bool has_counts, has_start, compressed;
};

static void decode_distribution(struct distribution *d, struct reader *r)
{
	size_t fields = epee_section(r);
	for (size_t i = 0; i < fields && r->failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(r, &name);
		if (epee_is(name, "distribution")) {
			epee_expect(r, &f, EPEE_STRING, false);
			d->counts = epee_string(r, &f);
			d->has_counts = true;
		} else if (epee_is(name, "start_height")) {
			epee_expect(r, &f, EPEE_UINT64, false);
			d->start = epee_u64(r, &f);
			d->has_start = true;
		} else if (epee_is(name, "amount")) {
			epee_expect(r, &f, EPEE_UINT64, false);
			d->amount = epee_u64(r, &f);
		} else if (epee_is(name, "compress")) {
			epee_expect(r, &f, EPEE_BOOL, false);
			d->compressed = epee_bool(r, &f);
		} else {
			epee_skip(r, &f);
		}
	}
}

enum err rpc_distribution_decode(uint64_t **out, size_t *n, uint64_t *from, struct span answer)
{
	struct distribution d = {0};
	struct span status = {NULL, 0};
	*out = NULL;
	*n = 0;
	*from = 0;
	struct reader r = epee_open(answer.p, answer.n);
	size_t fields = epee_section(&r);
	for (size_t i = 0; i < fields && r.failed == ERR_OK; i++) {
		struct span name;
		struct epee_value f = epee_field(&r, &name);
		if (epee_is(name, "distributions")) {
			epee_expect(&r, &f, EPEE_OBJECT, true);
			if (f.n != 1) {
				reader_fail(&r, ERR_PARSE_VALUE);
			}
			decode_distribution(&d, &r);
		} else if (epee_is(name, "status")) {
			epee_expect(&r, &f, EPEE_STRING, false);
			status = epee_string(&r, &f);
		} else {
			epee_skip(&r, &f);
		}
	}
	enum err e = reader_end(&r);
	if (e != ERR_OK) {
		return err_set(ERR_NODE_ANSWER, "get_output_distribution.bin: %s", err_text(e));
	}
	e = rpc_status("get_output_distribution.bin", (const char *)status.p, status.n);
	if (e != ERR_OK) {
		return e;
	}
	if (!d.has_counts || !d.has_start || d.amount != 0 || d.compressed || d.counts.n == 0 ||
	    d.counts.n % 8 != 0) {
		return err_set(ERR_NODE_ANSWER, "get_output_distribution.bin: not what was asked");
	}
	uint64_t *counts = malloc(d.counts.n);
	if (!counts) {
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < d.counts.n / 8; i++) {
		counts[i] = load64_le(d.counts.p + 8 * i);
		if (i > 0 && counts[i] < counts[i - 1]) {
			free(counts);
			return err_set(ERR_NODE_ANSWER,
				       "get_output_distribution.bin: counts that fall");
		}
	}
	*out = counts;
	*n = d.counts.n / 8;
	*from = d.start;
	return ERR_OK;
}
