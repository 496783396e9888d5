#include "signer/session/payees.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"

typedef char address_text[ADDRESS_TEXT_MAX];

bool payees_alike(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), front = 0, back = 0;
	if (n < 2 || m < 2 || strcmp(a, b) == 0) {
		return false;
	}
	while (front + 1 < n && front + 1 < m && a[front + 1] == b[front + 1]) {
		front++;
	}
	while (back + 1 < n && back + 1 < m && a[n - 1 - back] == b[m - 1 - back]) {
		back++;
	}
	return front + back >= PAYEES_ALIKE;
}

static bool same_keys(const struct address *a, const struct address *b)
{
	return secret_equal(a->spend.b, b->spend.b, sizeof a->spend.b) &&
	       secret_equal(a->view.b, b->view.b, sizeof a->view.b);
}

static void look_up(struct payee *out, const struct address *to, const char *text,
		    const struct policy *p, const address_text *book)
{
	out->listed = policy_listed(p, to);
	for (size_t i = 0; i < p->n_listed; i++) {
		const struct policy_destination *d = &p->listed[i];
		if (d == out->listed) {
			continue;
		}
		if (same_keys(&d->to, to)) {
			out->wallet = d;
		} else if (payees_alike(text, book[i])) {
			out->alike = d;
		}
	}
}

static void compare(struct payee *out, const address_text *texts, size_t n, const struct record *r)
{
	for (size_t k = 0; k < r->n_payouts; k++) {
		for (size_t i = 0; i < n; i++) {
			if (strcmp(texts[i], r->payouts[k].address) == 0) {
				out[i].paid = true;
			} else if (!out[i].alike_paid) {
				out[i].alike_paid = payees_alike(texts[i], r->payouts[k].address);
			}
		}
	}
}

static enum err search(struct payee *out, const address_text *texts, size_t n, struct db_txn *t)
{
	struct ledger_head head;
	struct record *r = malloc(sizeof *r);
	enum err rc = r ? journal_head(&head, t) : ERR_NO_MEMORY;
	uint64_t last = rc == ERR_OK ? head.number : 0;
	for (uint64_t i = 0; rc == ERR_OK && i < last && i < PAYEES_ENTRIES_MAX; i++) {
		rc = journal_read(r, NULL, NULL, t, last - i);
		if (rc == ERR_OK && r->kind == RECORD_SIGNED) {
			compare(out, texts, n, r);
		}
	}
	free(r);
	return rc;
}

enum err payees_find(struct payee *out, const struct request *r, const struct policy *p,
		     struct db_txn *t)
{
	enum err rc = ERR_NO_MEMORY;
	address_text *texts = calloc(r->n_payouts + 1, sizeof *texts);
	address_text *book = calloc(p->n_listed + 1, sizeof *book);
	memset(out, 0, r->n_payouts * sizeof *out);
	if (!texts || !book) {
		goto out;
	}
	for (size_t i = 0; i < p->n_listed; i++) {
		address_format(book[i], &p->listed[i].to);
	}
	for (size_t i = 0; i < r->n_payouts; i++) {
		address_format(texts[i], &r->payouts[i].to);
		look_up(&out[i], &r->payouts[i].to, texts[i], p, book);
	}
	rc = search(out, texts, r->n_payouts, t);
out:
	free(texts);
	free(book);
	return rc;
}
