/*
 * The command line: options read once, one function a command, errors printed once, at the end. A
 * command returns an error whose category is the exit code.
 */
#ifndef AIRLOCK_WATCHER_CLI_H
#define AIRLOCK_WATCHER_CLI_H

#include "common/optical/light.h"
#include "watcher/chain/backoff.h"
#include "watcher/chain/rpc.h"
#include "watcher/cli/settings.h"
#include "watcher/health/health.h"

#define CLI_ARGS_MAX 2

struct options {
	const char *data; /* folder */
	const char *kit, *node, *network;
	const char *id, *address, *amount, *reference;
	const char *account, *label, *out, *after, *fee;
	const char *identity; /* a fingerprint, or 64 hex digits */
	const char *priority, *not_before, *outputs;
	const char *url, *key, *allow, *hours;
	const char *scan;   /* where codes come from: message_read */
	struct light light; /* how a message is shown */
	bool insecure_node;
	bool never_left;
	bool follow;
	bool refunds;
	const char *expires, *tolerance;
	bool json;
	bool help;
	size_t n_args; /* after the command's own words */
	const char *args[CLI_ARGS_MAX];
};

struct command {
	const char *name;    /* one or two words */
	const char *accepts; /* the letters of the options it takes: options.c */
	const char *usage;   /* after the name */
	const char *about;
	size_t args; /* it must have */
	enum err (*run)(const struct options *o);
};

/*
 * Finds the command and reads its options. ERR_USAGE naming what is wrong. *command is NULL when
 * only help on the whole program was asked for.
 */
enum err MUST_CHECK options_read(struct options *out, const struct command **command,
				 const struct command *table, size_t n, int argc, char **argv);
void options_help(const struct command *c);
/* A decimal number up to `most`. ERR_USAGE naming `what`. */
enum err MUST_CHECK option_number(uint64_t *out, const char *text, uint64_t most, const char *what);

/*
 * The message a command takes: from `path`, or with --scan by light: "-" is lines of text from
 * standard input, "camera" the first camera, anything else a picture or a folder of pictures, which
 * airlock-scan looks at in a process of its own. At most max bytes.
 */
enum err MUST_CHECK message_read(struct buf *out, const struct options *o, const char *path,
				 size_t max);
/* Whether the command line says where the message goes: --out, --qr or --png. ERR_USAGE. */
enum err MUST_CHECK message_wanted(const struct options *o);
/* The message a command makes, to --out, if it is there. */
enum err MUST_CHECK message_write(const struct options *o, const struct buf *message);
/* The same by --qr and --png, if they are there, under a line that names it. It may stay on the
 * screen for long: the store is closed before. */
enum err MUST_CHECK message_show(const struct options *o, const char *title,
				 const struct buf *message);

/* An open watcher: what most commands work on. Close with opened_close, also after an error. */
struct opened {
	struct db *db;
	struct watcher w;
	struct settings settings;
	struct witness witness[WITNESSES_MAX];
};
/* What the settings say about a node, as the RPC takes it; borrows. */
struct chain_rpc_options node_options(const struct node_settings *n, enum network network);
/* The other node that transactions are given to, looked at by itself. */
struct chain_rpc_options broadcast_options(const struct settings *s, enum network network);
/* The same for the node that is followed, with the way transactions take. */
struct chain_rpc_options followed_options(const struct settings *s, enum network network);
enum access { ACCESS_READ, ACCESS_WRITE };
enum err MUST_CHECK opened_open(struct opened *out, const struct options *o, enum access access);
void opened_close(struct opened *p);
/* Lets others have the store, and takes it again: ERR_LOCKED when they keep it for long. */
void opened_let_go(struct opened *p);
enum err MUST_CHECK opened_take_again(struct opened *p);
/*
 * Settings and nodes anew, beside those in use: *fresh has nothing else. Then the two are
 * exchanged, or not; in either case what *fresh has at the end is closed. Fine after an error too.
 */
enum err MUST_CHECK opened_renew(struct opened *fresh, const struct opened *p,
				 const struct options *o);
void opened_exchange(struct opened *p, struct opened *fresh);
void opened_discard(struct opened *fresh);
/* For all that are opened from now on; each may be NULL. */
struct opened_callbacks {
	bool (*stopped)(void *ctx); /* ends the wait for the store */
	/* chain_rpc_options.stopped, .over and .moved */
	bool (*waiting)(void *ctx);
	enum err (*over)(void *ctx, enum err result);
	void (*moved)(void *ctx);
	void *ctx;
};
void opened_callbacks(const struct opened_callbacks *c);
enum err MUST_CHECK store_open(struct db **out, const char *dir, enum access access);

/* Requests that nobody answered in time return their payouts; told in the log. */
enum err MUST_CHECK chore_requests(struct watcher *w);
/* What chores know from one time to the next. */
struct chores {
	bool sweep_fails;
	uint64_t sweep_after; /* steady ms: then it is tried again */
	struct backoff sweep_wait;
	bool clock_doubted;
};
/* Also after a reload: what failed is tried at once. Warns of a folder that is not there. */
void chores_start(struct chores *c, const struct settings *s);
/*
 * That, sweeping by itself, what is forgotten daily; and after new blocks what the pool dropped is
 * sent again. A sweep that cannot be written is told in the log and put off, for a minute at first
 * and for up to an hour: what ends it is the store's trouble alone, never the folder's.
 */
enum err MUST_CHECK chores(struct chores *c, struct opened *p, bool new_blocks);

/* ---- printing ---- */

/* JSON on one line, or lines for people; one of the two is meant by every call below. */
struct out {
	bool json;
	bool comma;
	struct buf b;
};
void out_begin(struct out *o, bool json);
/* Prints and releases. ERR_IO when standard output does not take it. */
enum err MUST_CHECK out_end(struct out *o);
/* JSON alone; name NULL inside arrays. */
void json_open(struct out *o, const char *name, char bracket);
void json_close(struct out *o, char bracket);
void json_text(struct out *o, const char *name, const char *text);
void json_number(struct out *o, const char *name, uint64_t v);
void json_bool(struct out *o, const char *name, bool v);
/* "name": "1.500000000000", "name_atomic": 1500000000000 */
void json_amount(struct out *o, const char *name, struct amount a);
void json_bytes(struct out *o, const char *name, const void *p, size_t n);
void json_raw(struct out *o, const char *name, struct span value);
/* People alone. */
void say(struct out *o, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Prints the array `name` of an open watcher's records, which `fill` puts one by one. */
typedef enum err list_fill(const struct watcher *w, const struct options *o, struct out *out);
enum err MUST_CHECK list_all(const struct options *o, const char *name, list_fill *fill);

enum err MUST_CHECK cmd_init(const struct options *o);
enum err MUST_CHECK cmd_pair(const struct options *o);
enum err MUST_CHECK cmd_check_config(const struct options *o);
enum err MUST_CHECK cmd_sync(const struct options *o);
enum err MUST_CHECK cmd_run(const struct options *o);
enum err MUST_CHECK cmd_status(const struct options *o);
enum err MUST_CHECK cmd_balance(const struct options *o);
enum err MUST_CHECK cmd_address_new(const struct options *o);
enum err MUST_CHECK cmd_address_show(const struct options *o);
enum err MUST_CHECK cmd_address_list(const struct options *o);
enum err MUST_CHECK cmd_invoice_create(const struct options *o);
enum err MUST_CHECK cmd_invoice_show(const struct options *o);
enum err MUST_CHECK cmd_invoice_list(const struct options *o);
enum err MUST_CHECK cmd_invoice_close(const struct options *o);
enum err MUST_CHECK cmd_invoice_decide(const struct options *o);
enum err MUST_CHECK cmd_invoice_refund(const struct options *o);
enum err MUST_CHECK cmd_deposits(const struct options *o);
enum err MUST_CHECK cmd_payout_add(const struct options *o);
enum err MUST_CHECK cmd_payout_import(const struct options *o);
enum err MUST_CHECK cmd_payout_list(const struct options *o);
enum err MUST_CHECK cmd_payout_cancel(const struct options *o);
enum err MUST_CHECK cmd_payout_retry(const struct options *o);
enum err MUST_CHECK cmd_request_build(const struct options *o);
enum err MUST_CHECK cmd_sweep(const struct options *o);
enum err MUST_CHECK cmd_request_list(const struct options *o);
enum err MUST_CHECK cmd_request_show(const struct options *o);
enum err MUST_CHECK cmd_request_cancel(const struct options *o);
enum err MUST_CHECK cmd_import(const struct options *o);
enum err MUST_CHECK cmd_outputs(const struct options *o);
enum err MUST_CHECK cmd_broadcast(const struct options *o);
enum err MUST_CHECK cmd_journal_export(const struct options *o);
enum err MUST_CHECK cmd_audit_export(const struct options *o);
enum err MUST_CHECK cmd_audit_verify(const struct options *o);
enum err MUST_CHECK cmd_events(const struct options *o);
enum err MUST_CHECK cmd_resume(const struct options *o);
enum err MUST_CHECK cmd_webhook_add(const struct options *o);
enum err MUST_CHECK cmd_webhook_list(const struct options *o);
enum err MUST_CHECK cmd_webhook_remove(const struct options *o);
enum err MUST_CHECK cmd_webhook_retry(const struct options *o);
enum err MUST_CHECK cmd_webhook_rotate(const struct options *o);
enum err MUST_CHECK cmd_backup(const struct options *o);
enum err MUST_CHECK cmd_prune(const struct options *o);
enum err MUST_CHECK cmd_verify(const struct options *o);

#endif
