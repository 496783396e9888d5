/* The page of figures: see metrics.h. */
#include "watcher/metrics/metrics.h"

#include <inttypes.h>
#include <string.h>

static bool count_deposit(void *ctx, const struct deposit *d)
{
	struct metrics_counts *c = ctx;
	c->deposits[d->state]++;
	return true;
}

static bool count_payout(void *ctx, const struct payout *p)
{
	struct metrics_counts *c = ctx;
	c->payouts[p->state]++;
	if (p->state == PAYOUT_QUEUED && (c->oldest_queued == 0 || p->time < c->oldest_queued)) {
		c->oldest_queued = p->time;
	}
	return true;
}

enum err metrics_count(struct metrics_counts *out, const struct watcher *w)
{
	*out = (struct metrics_counts){.time = watcher_now(w)};
	enum err rc = watcher_status(w, &out->status);
	if (rc == ERR_OK) {
		rc = watcher_deposits(w, count_deposit, out);
	}
	if (rc == ERR_OK) {
		rc = watcher_payouts(w, count_payout, out);
	}
	if (rc == ERR_OK) {
		rc = watcher_balance(w, &out->balance);
	}
	out->events = out->status.events;
	return rc;
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

static void put_rpc(struct buf *b, const struct chain_rpc_counts *r)
{
	uint64_t sum = 0;
	head(b, "rpc_duration_seconds", "histogram", "Time of a call to the node.");
	for (size_t i = 0; i < RPC_BUCKETS; i++) {
		sum += r->bucket[i];
		buf_printf(b, "airlock_rpc_duration_seconds_bucket{le=\"%s\"} %" PRIu64 "\n",
			   RPC_BUCKET_NAMES[i], sum);
	}
	buf_printf(b, "airlock_rpc_duration_seconds_sum %" PRIu64 ".%03" PRIu64 "\n",
		   r->total_ms / 1000, r->total_ms % 1000);
	buf_printf(b, "airlock_rpc_duration_seconds_count %" PRIu64 "\n", sum);
	head(b, "daemon_errors_total", "counter", "Calls to the node that failed.");
	labelled(b, "daemon_errors_total", "kind", "unreachable", r->unreachable);
	labelled(b, "daemon_errors_total", "kind", "busy", r->busy);
	labelled(b, "daemon_errors_total", "kind", "login", r->login);
	labelled(b, "daemon_errors_total", "kind", "bad", r->bad);
}

static void put_money(struct buf *b, const struct metrics_counts *c, bool balances, uint64_t now)
{
	head(b, "deposits", "gauge", "Outputs received, by state.");
	for (unsigned s = 1; s < DEPOSIT_STATES; s++) {
		labelled(b, "deposits", "state", deposit_state_name((enum deposit_state)s),
			 c->deposits[s]);
	}
	head(b, "payouts", "gauge", "Payouts, by state.");
	for (unsigned s = 1; s < PAYOUT_STATES; s++) {
		labelled(b, "payouts", "state", payout_state_name((enum payout_state)s),
			 c->payouts[s]);
	}
	plain(b, "payout_queue_oldest_seconds", "gauge", "How long the first payout has waited.",
	      c->oldest_queued && now > c->oldest_queued ? now - c->oldest_queued : 0);
	plain(b, "requests_open", "gauge", "Requests without a reply.", c->status.open_requests);
	plain(b, "transactions_unsent", "gauge", "Signed, not broadcast.", c->status.unsent);
	plain(b, "transactions_in_flight", "gauge", "Broadcast, not confirmed.",
	      c->status.in_flight);
	plain(b, "events_total", "counter", "Entries of the ledger.", c->events);
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
	put_rpc(b, &n->rpc);
	put_money(b, c, balances, now);
	put_webhooks(b, &n->webhooks);
}
