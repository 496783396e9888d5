/* The page of figures: see metrics.h. */
#include "watcher/metrics/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum err oldest_queued(uint64_t *out, struct db_txn *t)
{
	struct span key, value;
	enum err rc = db_first(t, T_QUEUE, db_span(NULL, 0), &key, &value);
	while (rc == ERR_OK) {
		struct payout p;
		if (key.n != 9) {
			return err_set(ERR_DB_DAMAGED, "a record of the queue has a bad key");
		}
		rc = payout_read(&p, t, load64_be(key.p + 1));
		if (rc == ERR_OK && (*out == 0 || p.time < *out)) {
			*out = p.time;
		}
		if (rc == ERR_OK) {
			rc = db_next(t, T_QUEUE, &key, &value);
		}
	}
	return rc == ERR_NOT_FOUND ? ERR_OK : rc;
}

enum err metrics_count(struct metrics_counts *out, const struct watcher *w, bool balances)
{
	struct db_txn *t = NULL;
	*out = (struct metrics_counts){.time = watcher_now(w)};
	enum err rc = watcher_status(w, &out->status);
	if (rc == ERR_OK) {
		rc = db_begin(&t, w->db, false);
	}
	if (rc == ERR_OK) {
		rc = oldest_queued(&out->oldest_queued, t);
		db_abort(t);
	}
	return rc == ERR_OK && balances ? watcher_balance(w, &out->balance) : rc;
}

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP airlock_%s %s\n# TYPE airlock_%s %s\n", name, help, name, type);
}

static void plain(struct buf *b, const char *name, const char *type, const char *help, uint64_t v)
{
	head(b, name, type, help);
	buf_printf(b, "airlock_%s %" PRIu64 "\n", name, v);
}

static void labelled(struct buf *b, const char *name, const char *label, const char *value,
		     uint64_t v)
{
	buf_printf(b, "airlock_%s{%s=\"%s\"} %" PRIu64 "\n", name, label, value, v);
}

static void put_node(struct buf *b, const struct metrics_now *n)
{
	const struct node_health *h = &n->health;
	plain(b, "scan_height", "gauge", "Blocks applied.", n->height);
	head(b, "node_height", "gauge", "Blocks the followed node has.");
	labelled(b, "node_height", "node", "followed", h->height);
	plain(b, "scan_lag_blocks", "gauge", "Blocks of the node that are not applied yet.",
	      h->height > n->height ? h->height - n->height : 0);
	plain(b, "last_block_timestamp_seconds", "gauge", "Time of the node's newest block.",
	      h->top_time);
	head(b, "node_health", "gauge", "1 for the state the node is in.");
	for (unsigned s = HEALTH_UNKNOWN; s <= HEALTH_UNKNOWN_FORK; s++) {
		labelled(b, "node_health", "state", health_state_name((enum health_state)s),
			 h->state == (enum health_state)s);
	}
	plain(b, "node_health_since_timestamp_seconds", "gauge", "Time of the change to it.",
	      h->since);
	plain(b, "daemon_disagreement", "gauge", "1 while a witness has another chain.",
	      h->state == HEALTH_DISAGREEING);
	head(b, "witnesses", "gauge", "Other nodes that are asked.");
	labelled(b, "witnesses", "state", "configured", h->witnesses);
	labelled(b, "witnesses", "state", "answering", h->answering);
	labelled(b, "witnesses", "state", "agreeing", h->agreeing);
}

static void put_durations(struct buf *b, const char *node, const struct chain_rpc_counts *r)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < RPC_BUCKETS; i++) {
		sum += r->bucket[i];
		buf_printf(
		    b, "airlock_rpc_duration_seconds_bucket{node=\"%s\",le=\"%s\"} %" PRIu64 "\n",
		    node, RPC_BUCKET_NAMES[i], sum);
	}
	buf_printf(b,
		   "airlock_rpc_duration_seconds_sum{node=\"%s\"} %" PRIu64 ".%03" PRIu64 "\n"
		   "airlock_rpc_duration_seconds_count{node=\"%s\"} %" PRIu64 "\n",
		   node, r->total_ms / 1000, r->total_ms % 1000, node, sum);
}

static void put_errors(struct buf *b, const char *node, const struct chain_rpc_counts *r)
{
	const struct {
		const char *kind;
		uint64_t n;
	} kinds[] = {{"unreachable", r->unreachable},
		     {"busy", r->busy},
		     {"login", r->login},
		     {"bad", r->bad}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		buf_printf(b, "airlock_daemon_errors_total{node=\"%s\",kind=\"%s\"} %" PRIu64 "\n",
			   node, kinds[i].kind, kinds[i].n);
	}
}

/* One family of figures for every node: the one that is followed, and the witnesses by number. */
static void put_nodes(struct buf *b, const struct metrics_now *n,
		      void (*put)(struct buf *b, const char *node,
				  const struct chain_rpc_counts *r))
{
	put(b, "followed", &n->followed);
	for (size_t i = 0; i < n->n_witnesses; i++) {
		char name[32];
		snprintf(name, sizeof name, "witness%zu", i + 1);
		put(b, name, &n->witness[i]);
	}
}

static void put_rpc(struct buf *b, const struct metrics_now *n)
{
	head(b, "rpc_duration_seconds", "histogram", "Time of a call to a node.");
	put_nodes(b, n, put_durations);
	head(b, "daemon_errors_total", "counter", "Calls to a node that failed.");
	put_nodes(b, n, put_errors);
}

static void put_money(struct buf *b, const struct metrics_counts *c, const struct metrics_now *n,
		      bool balances, uint64_t now)
{
	head(b, "deposits", "gauge", "Outputs received, by state.");
	for (unsigned s = 1; s < DEPOSIT_STATES; s++) {
		labelled(b, "deposits", "state", deposit_state_name((enum deposit_state)s),
			 c->status.deposits[s]);
	}
	head(b, "payouts", "gauge", "Payouts, by state.");
	for (unsigned s = 1; s < PAYOUT_STATES; s++) {
		labelled(b, "payouts", "state", payout_state_name((enum payout_state)s),
			 c->status.payouts[s]);
	}
	plain(b, "payout_queue_oldest_seconds", "gauge", "How long the first payout has waited.",
	      c->oldest_queued && now > c->oldest_queued ? now - c->oldest_queued : 0);
	plain(b, "requests_open", "gauge", "Requests without a reply.", c->status.open_requests);
	plain(b, "transactions_unsent", "gauge", "Signed, not broadcast.", c->status.unsent);
	plain(b, "transactions_in_flight", "gauge", "Broadcast, not confirmed.",
	      c->status.in_flight);
	plain(b, "sweep_failing", "gauge", "1 while a sweep that is due cannot be made or written.",
	      n->sweep_fails);
	plain(b, "events_total", "counter", "Entries of the ledger.", c->status.events);
	if (balances) {
		head(b, "balance_piconero", "gauge", "Unspent outputs.");
		labelled(b, "balance_piconero", "state", "total", c->balance.total.atomic);
		labelled(b, "balance_piconero", "state", "unlocked", c->balance.unlocked.atomic);
		labelled(b, "balance_piconero", "state", "reserved", c->balance.reserved.atomic);
	}
	plain(b, "counted_timestamp_seconds", "gauge",
	      "When deposits, payouts and balances were counted.", c->time);
}

static void put_webhooks(struct buf *b, const struct webhooks_state *s)
{
	head(b, "webhooks", "gauge", "Subscribers of events.");
	labelled(b, "webhooks", "state", "all", s->n);
	labelled(b, "webhooks", "state", "failing", s->failing);
	labelled(b, "webhooks", "state", "gone", s->gone);
	plain(b, "webhook_pending", "gauge", "Events to be delivered.", s->pending);
	plain(b, "webhook_oldest_pending_seconds", "gauge", "Age of the oldest of them.",
	      s->oldest_seconds);
	head(b, "webhook_deliveries_total", "counter", "Events by how they ended.");
	labelled(b, "webhook_deliveries_total", "result", "taken", s->delivered);
	labelled(b, "webhook_deliveries_total", "result", "dead", s->dead);
}

void metrics_text(struct buf *b, const struct metrics_counts *c, const struct metrics_now *n,
		  bool balances, uint64_t now)
{
	head(b, "build_info", "gauge", "This program.");
	labelled(b, "build_info", "version", AIRLOCK_VERSION, 1);
	put_node(b, n);
	put_rpc(b, n);
	put_money(b, c, n, balances, now);
	put_webhooks(b, &n->webhooks);
}
