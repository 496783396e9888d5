/*
 * Queued payouts into transactions, in the order of the queue: what may have been signed before as
 * it was then, the rest 15 to a transaction. Nobody overtakes: when the next ones find no funds,
 * those behind them wait too.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/secret.h"
#include "watcher/invoices/invoices.h"
#include "watcher/planner/planner.h"

struct queue {
	size_t n;
	struct payout *p;
	bool *planned;
};

static void queue_free(struct queue *q)
{
	free(q->p);
	free(q->planned);
	*q = (struct queue){0};
}

static enum err push(struct queue *q, size_t *room, const struct payout *p)
{
	if (q->n == *room) {
		*room = *room ? 2 * *room : 64;
		struct payout *more = realloc(q->p, *room * sizeof *more);
		if (!more) {
			return ERR_NO_MEMORY;
		}
		q->p = more;
	}
	q->p[q->n++] = *p;
	return ERR_OK;
}

/* A refund waits while a reorganisation has taken what it pays back. */
static enum err is_covered(bool *covered, struct db_txn *t, const struct payout *p)
{
	struct invoice v;
	struct invoice_outcome now;
	*covered = true;
	if (!p->invoice) {
		return ERR_OK;
	}
	enum err rc = invoice_read(&v, t, p->invoice);
	if (rc == ERR_OK) {
		rc = invoice_outcome_now(&now, t, &v);
	}
	*covered = rc == ERR_OK && amount_cmp(now.received, v.refunded) >= 0;
	return rc;
}

/*
 * Those whose time has come and whose tie is free: as many as a request has room for, and all that
 * are tied besides, which go together.
 */
static enum err queue_load(struct queue *q, size_t *waiting, struct db_txn *t, uint64_t now)
{
	struct span key, value;
	struct payout p;
	size_t room = 0;
	*q = (struct queue){0};
	*waiting = 0;
	enum err rc = db_first(t, T_QUEUE, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		bool ready = false, covered = false;
		if (key.n != 9) {
			rc = err_set(ERR_DB_DAMAGED, "a record of the queue has a bad key");
			break;
		}
		rc = payout_read(&p, t, load64_be(key.p + 1));
		if (rc == ERR_OK) {
			rc = tie_ready(&ready, t, &p);
		}
		if (rc == ERR_OK) {
			rc = is_covered(&covered, t, &p);
		}
		ready = ready && covered && p.not_before <= now &&
			(p.tied || q->n < REQUEST_PAYOUTS_MAX);
		*waiting += !ready;
		if (rc == ERR_OK && ready) {
			rc = push(q, &room, &p);
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_QUEUE, &key, &value);
		}
	}
	if (rc == ERR_NOT_FOUND) {
		q->planned = calloc(q->n + 1, sizeof *q->planned);
		rc = q->planned ? ERR_OK : ERR_NO_MEMORY;
	}
	if (rc != ERR_OK) {
		queue_free(q);
	}
	return rc;
}

struct making {
	struct db_txn *t;
	const struct fee_rate *rate;
	const struct watcher *w;
	const struct account_view *account;
	struct funds *funds;
	size_t outputs; /* that there will be to pay from, once all this is mined */
	size_t room;    /* for payouts, in the request */
	struct queue *queue;
};

static void set_planned(const struct making *m, const struct draft *d)
{
	for (size_t i = 0; i < m->queue->n; i++) {
		for (size_t k = 0; k < d->n_payouts; k++) {
			if (m->queue->p[i].number == d->payouts[k].number) {
				m->queue->planned[i] = true;
			}
		}
	}
}

/* What queue[at] was in before, once more and whole. ERR_FUNDS, also when it has no room. */
static enum err make_again(struct draft *d, const struct making *m, size_t at)
{
	struct request_tx_record tie;
	const struct queue *q = m->queue;
	d->n_payouts = 0;
	enum err rc = tie_read(&tie, m->t, &q->p[at]);
	for (size_t i = at; rc == ERR_OK && i < q->n; i++) {
		if (!q->planned[i] && tie_is_member(&tie, &q->p[i]) &&
		    d->n_payouts < PAYOUTS_A_TX) {
			d->payouts[d->n_payouts++] = q->p[i];
		}
	}
	if (rc == ERR_OK) {
		rc = d->n_payouts <= m->room ? tie_take(d, m->t, &tie) : ERR_FUNDS;
	}
	return rc == ERR_OK ? draft_fund(d, m->funds, m->rate, m->account) : rc;
}

/* As many as there are funds for, of those from queue[at] on; an integrated address goes alone. */
static enum err make_new(struct draft *d, const struct making *m, size_t at)
{
	const struct queue *q = m->queue;
	size_t most = m->room < PAYOUTS_A_TX ? m->room : PAYOUTS_A_TX;
	enum err rc;
	d->n_payouts = 0;
	for (size_t i = at; i < q->n && d->n_payouts < most; i++) {
		bool alone = q->p[i].to.kind == ADDRESS_INTEGRATED;
		if (q->planned[i] || q->p[i].tied) {
			continue;
		}
		if (alone && d->n_payouts > 0) {
			break;
		}
		d->payouts[d->n_payouts++] = q->p[i];
		if (alone) {
			break;
		}
	}
	do {
		d->n_in = 0;
		rc = draft_fund(d, m->funds, m->rate, m->account);
	} while (rc == ERR_FUNDS && --d->n_payouts > 0);
	return rc;
}

/* The change is in as many parts as outputs are lacking. */
static enum err finish(struct draft *d, struct making *m)
{
	const struct watcher_config *c = &m->w->config;
	m->outputs -= d->n_in < m->outputs ? d->n_in : m->outputs;
	size_t lacking = c->change_outputs > m->outputs ? c->change_outputs - m->outputs : 1;
	enum err rc = draft_split(d, lacking, c->change_least, m->rate, m->account);
	m->outputs += d->n_change;
	return rc == ERR_OK ? draft_plan(d) : rc;
}

static enum err make_all(struct draft *drafts, size_t *n, struct making *m)
{
	bool dry = false;
	for (size_t i = 0; i < m->queue->n && *n < REQUEST_TXS_MAX && m->room > 0; i++) {
		struct draft *d = &drafts[*n];
		bool tied = m->queue->p[i].tied;
		if (m->queue->planned[i] || (dry && !tied)) {
			continue;
		}
		enum err rc = tied ? make_again(d, m, i) : make_new(d, m, i);
		if (rc == ERR_FUNDS) {
			/* What was asked before has inputs of its own: nobody waits for it. */
			dry = dry || !tied;
			continue;
		}
		if (rc == ERR_OK) {
			set_planned(m, d);
			m->room -= d->n_payouts;
			++*n;
			rc = finish(d, m);
		}
		if (rc != ERR_OK) {
			return rc;
		}
	}
	return ERR_OK;
}

enum err drafts_make(struct draft **out, size_t *n, size_t *left, struct db_txn *t,
		     const struct fee_rate *rate, const struct watcher *w)
{
	struct queue q = {0};
	struct funds f = {0};
	struct making m = {.t = t,
			   .rate = rate,
			   .w = w,
			   .account = &w->account,
			   .funds = &f,
			   .room = REQUEST_PAYOUTS_MAX,
			   .queue = &q};
	*n = 0;
	*left = 0;
	*out = calloc(REQUEST_TXS_MAX, sizeof **out);
	if (!*out) {
		return ERR_NO_MEMORY;
	}
	enum err rc = queue_load(&q, left, t, watcher_now(w));
	if (rc == ERR_OK && q.n == 0) {
		rc = *left ? err_set(ERR_NOT_FOUND,
				     "the %zu queued payouts wait for their time, for an earlier "
				     "request, or for the deposit that they pay back",
				     *left)
			   : err_set(ERR_NOT_FOUND, "no payout is queued");
	}
	if (rc == ERR_OK) {
		rc = funds_load(&f, t);
	}
	m.outputs = f.kept;
	if (rc == ERR_OK) {
		rc = make_all(*out, n, &m);
	}
	if (rc == ERR_OK && *n == 0) {
		rc = err_set(ERR_FUNDS,
			     "payout %s: the unlocked and unreserved outputs (%zu) do not suffice",
			     q.p[0].id, f.n);
	}
	for (size_t i = 0; i < q.n; i++) {
		*left += !q.planned[i];
	}
	if (rc != ERR_OK) {
		drafts_free(*out, REQUEST_TXS_MAX);
		*out = NULL;
		*n = 0;
	}
	queue_free(&q);
	funds_free(&f);
	return rc;
}

void drafts_free(struct draft *d, size_t n)
{
	for (size_t i = 0; d && i < n; i++) {
		plan_free(&d[i].plan);
		secret_wipe(d[i].in, sizeof d[i].in);
	}
	free(d);
}
